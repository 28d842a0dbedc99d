# oci.sh: a small writer of OCI image layouts. Source it after lib.sh.
# shellcheck shell=bash
#
# start_image, then add_layer for each directory, then finish_image: it prints the
# manifest's descriptor, which tag_image names and finish_index collects.
IMAGES=$OUT/images
REFS=$IMAGES/refs
mkdir -p "$IMAGES/oci/blobs/sha256" "$REFS"

blob_path() { echo "$IMAGES/oci/blobs/${1/://}"; }

# put_blob FILE TYPE: move FILE into the layout and print its descriptor.
put_blob() {
    local hex size
    hex=$(sha256sum < "$1")
    hex=${hex%% *}
    size=$(stat -c %s "$1")
    mv "$1" "$(blob_path "sha256:$hex")"
    printf '{"mediaType": "%s", "digest": "sha256:%s", "size": %d}' "$2" "$hex" "$size"
}

start_image() { LAYERS=() DIFF_IDS=(); }

# add_layer DIR gzip|zstd: DIR's tree becomes the next layer.
add_layer() {
    local tar diff_id type
    tar=$(mktemp "$IMAGES/layer.XXXXXX")
    # Fixed order and no access times: the same tree gives the same bytes.
    tar -C "$1" --sort=name --numeric-owner --format=pax --pax-option=delete=atime,delete=ctime \
        --xattrs --xattrs-include='*' --xattrs-exclude='trusted.overlay.*' -cf "$tar" .
    diff_id=$(sha256sum < "$tar")
    DIFF_IDS+=("\"sha256:${diff_id%% *}\"")
    case $2 in
        gzip) gzip -n -6 < "$tar" > "$tar.out"; type=application/vnd.oci.image.layer.v1.tar+gzip ;;
        zstd) zstd -q -3 -T0 < "$tar" > "$tar.out"; type=application/vnd.oci.image.layer.v1.tar+zstd ;;
    esac
    rm "$tar"
    LAYERS+=("$(put_blob "$tar.out" "$type")")
}

joined() { local IFS=,; echo "$*"; }

# finish_image ARCH CONFIG oci|docker: CONFIG is the inside of the image's "config" object.
finish_image() {
    local file config manifest
    local config_type=application/vnd.oci.image.config.v1+json type=application/vnd.oci.image.manifest.v1+json
    local layers
    layers=$(joined "${LAYERS[@]}")
    if [ "$3" = docker ]; then
        config_type=application/vnd.docker.container.image.v1+json
        type=application/vnd.docker.distribution.manifest.v2+json
        layers=${layers//vnd.oci.image.layer.v1.tar+gzip/vnd.docker.image.rootfs.diff.tar.gzip}
    fi
    file=$(mktemp "$IMAGES/json.XXXXXX")
    cat > "$file" <<-E
	{"created": "2025-01-01T00:00:00Z", "architecture": "$1", "os": "linux", "config": {$2},
	 "rootfs": {"type": "layers", "diff_ids": [$(joined "${DIFF_IDS[@]}")]},
	 "history": [{"created": "2025-01-01T00:00:00Z", "created_by": "scripts/images"}]}
	E
    config=$(put_blob "$file" "$config_type")
    echo "{\"schemaVersion\": 2, \"mediaType\": \"$type\", \"config\": $config, \"layers\": [$layers]}" > "$file"
    manifest=$(put_blob "$file" "$type")
    echo "${manifest%\}}, \"platform\": {\"architecture\": \"$1\", \"os\": \"linux\"}}"
}

# finish_index oci|docker DESCRIPTOR...: one image for several platforms.
finish_index() {
    local type=application/vnd.oci.image.index.v1+json file
    [ "$1" = docker ] && type=application/vnd.docker.distribution.manifest.list.v2+json
    shift
    file=$(mktemp "$IMAGES/json.XXXXXX")
    echo "{\"schemaVersion\": 2, \"mediaType\": \"$type\", \"manifests\": [$(joined "$@")]}" > "$file"
    put_blob "$file" "$type"
}

# tag_image NAME:TAG DESCRIPTOR: the name appears last, when all it needs is there.
tag_image() { echo "$2" > "$REFS/.new" && mv "$REFS/.new" "$REFS/$1"; }

# write_index: the layout's index.json from all names.
write_index() {
    local ref entries=()
    for ref in "$REFS"/*:*; do
        entries+=("$(sed "s|}\$|, \"annotations\": {\"org.opencontainers.image.ref.name\": \"${ref##*/}\"}}|" "$ref")")
    done
    echo '{"imageLayoutVersion": "1.0.0"}' > "$IMAGES/oci/oci-layout"
    echo "{\"schemaVersion\": 2, \"manifests\": [$(joined "${entries[@]}")]}" > "$IMAGES/oci/index.json.new"
    mv "$IMAGES/oci/index.json.new" "$IMAGES/oci/index.json"
}

# whiteouts_from_overlay DIR: overlayfs' marks for deleted entries become those of the image spec.
whiteouts_from_overlay() {
    local entry
    find "$1" -type c -print0 | while IFS= read -r -d '' entry; do
        [ "$(stat -c %t:%T "$entry")" = 0:0 ] || continue
        rm "$entry"
        : > "$(dirname "$entry")/.wh.$(basename "$entry")"
    done
    find "$1" -type d -print0 | while IFS= read -r -d '' entry; do
        getfattr --absolute-names -n trusted.overlay.opaque "$entry" > /dev/null 2>&1 || continue
        setfattr -x trusted.overlay.opaque "$entry"
        : > "$entry/.wh..wh..opq"
    done
}
