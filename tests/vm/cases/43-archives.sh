# A container's files and images as tars: on 6.1 overlays are mounted by mount(2), on 6.12 by fsconfig(2).
# kernels: 6.1 6.12
need_image busybox
skiff run --name changed --network none "$IMAGE" sh -c 'echo new > /added; rm /etc/passwd'
expect "changes" "A /added C /etc D /etc/passwd" "$(skiff diff changed | paste -sd ' ')"
skiff export changed > /tmp/changed.tar
expect "the new file" "new" "$(tar -xOf /tmp/changed.tar added)"
expect "the removed file" "" "$(tar -tf /tmp/changed.tar | grep '^etc/passwd' || true)"
skiff import -c 'CMD ["cat", "/added"]' /tmp/changed.tar imported > /dev/null
expect "an image of the tar" "new" "$(skiff run --rm --network none imported)"
skiff create --name untouched --network none "$IMAGE" > /dev/null
expect "no changes" "" "$(skiff diff untouched)"
skiff save -o /tmp/imported.tar imported
skiff rmi imported > /dev/null
expect "load" "Loaded image: imported:latest" "$(skiff load -i /tmp/imported.tar)"
expect "the loaded image" "new" "$(skiff run --rm --network none imported)"
skiff rm changed untouched > /dev/null
