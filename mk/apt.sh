# SPDX-License-Identifier: MIT
# Debian's archive for scripts of mk/, through an apt configuration of our own in build/apt: the machine's lists and caches are only
# read for the address of its mirror. Before it is read, $build is set and die() defined.
case $build in /*) ;; *) build=$PWD/$build ;; esac
apt=$build/apt
export APT_CONFIG=$apt/apt.conf

# The mirrors that this machine's apt knows for Debian 12, or Debian's own; the release itself first, for apt takes what it finds first.
apt_sources() {
	found=$(APT_CONFIG='' apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
		awk '$2 ~ /^bookworm/ && $3 == "main" { print $2, $1 }' | sort -u)
	[ -n "$found" ] || found="bookworm http://deb.debian.org/debian"
	echo "$found" | while read -r release uri; do
		for type in deb deb-src; do
			echo "$type [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri $release main"
		done
	done
}

# apt_lock KIB: one at a time uses build/apt (a parallel build asks for several), and there is room for what it brings.
apt_lock() {
	mkdir -p "$apt" || die "cannot write to $build"
	free=$(df -Pk "$build" | awk 'NR == 2 { print $4 }') # apt waits for ever on a full disk
	[ "$free" -ge "$1" ] || die "$build has only $((free / 1024)) MiB free; $(($1 / 1024)) are needed"
	exec 9> "$apt/lock"
	flock 9
}

# With the lock: write the configuration, read Debian's package lists if that has not been done.
apt_setup() {
	mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/etc"
	apt_sources > "$apt/etc/sources.list.new"
	cat > "$apt/apt.conf" <<-END
		Dir::State "$apt";
		Dir::State::lists "$apt/lists";
		Dir::State::status "/var/lib/dpkg/status";
		Dir::Cache "$apt/cache";
		Dir::Etc::sourcelist "$apt/etc/sources.list";
		Dir::Etc::sourceparts "-";
		APT::Architecture "amd64";
		APT::Architectures { "amd64"; };
		Debug::NoLocking "1";
		APT::Sandbox::User "root";
	END
	if ! cmp -s "$apt/etc/sources.list" "$apt/etc/sources.list.new" || [ ! -f "$apt/updated" ]; then
		mv "$apt/etc/sources.list.new" "$apt/etc/sources.list"
		apt_update
	fi
}

# Read the package lists again.
apt_update() {
	echo "${0##*/}: reading Debian's package lists"
	timeout 600 apt-get update -q --error-on=any > "$apt/update.log" 2>&1 ||
		die "Debian's package lists cannot be read (no network?); see $apt/update.log"
	touch "$apt/updated"
}
