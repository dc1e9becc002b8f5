# What mk/fetch does when things go wrong.
host_script := fetch
script := fetch_test.sh
