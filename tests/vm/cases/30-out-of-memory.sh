# A process that eats more than -m is killed, and the engine says so: 137 and OOMKilled.
# short: 6.12
need_image busybox
exit_of skiff run --name hog -m 64m --network none "$IMAGE" tail /dev/zero
expect "exit status of the hog" 137 $STATUS
expect "OOMKilled" true "$(field hog OOMKilled)"
expect "ExitCode" 137 "$(field hog ExitCode)"
skiff rm hog
# Killing alone is not the same as running out of memory.
skiff run -d --name killed -m 64m --network none "$IMAGE" sleep 1000
skiff kill killed
eventually 10 sh -c 'skiff inspect killed | grep -q exited'
expect "OOMKilled of a killed container" false "$(field killed OOMKilled)"
