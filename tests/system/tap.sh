# SPDX-License-Identifier: MIT
# TAP for tests that are shell scripts, on this machine or in the guest. `ok NAME COMMAND...` runs a command and says whether it succeeded;
# `same NAME EXPECTED COMMAND...` compares its output; `plan` at the end.
number=0
failed=0

result() {
	number=$((number + 1))
	if [ "$1" = 0 ]; then
		echo "ok $number - $2"
	else
		failed=1
		echo "not ok $number - $2"
	fi
}

ok() {
	name=$1
	shift
	if output=$("$@" 2>&1); then
		result 0 "$name"
	else
		echo "$output" | sed 's/^/# /'
		result 1 "$name"
	fi
}

same() {
	name=$1 expected=$2
	shift 2
	output=$("$@" 2>&1)
	if [ "$output" = "$expected" ]; then
		result 0 "$name"
	else
		echo "# expected: $expected" | sed '2,$s/^/# /'
		echo "# got: $output" | sed '2,$s/^/# /'
		result 1 "$name"
	fi
}

plan() {
	echo "1..$number"
	exit $failed
}
