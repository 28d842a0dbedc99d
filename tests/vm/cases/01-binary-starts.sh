# The published binary starts on this kernel and architecture with only libc and OpenSSL beside it.
# short: 6.1 6.12 arm64
out=$(skiff version) || fail "skiff version exits with $?"
case $out in *kiff*) ;; *) fail "unexpected answer: $out" ;; esac
