using Skiff.Layers.Tests.Snapshots;

namespace Skiff.Layers.Tests.Corpus;

/// <summary>What programs write: the same tree by each of them, and packages and images as they are.</summary>
internal static partial class CorpusTars
{
    private const string TreeScript =
        """
        mkdir -p "$1"/{dir/sub,empty,closed} && cd "$1"
        printf 'hello\n' > dir/file
        head -c 70000 /dev/zero | tr '\0' x > dir/sub/large
        ln dir/file dir/sub/hard && ln dir/file other && ln -s dir/file link && ln -s /absolute/target absolute
        ln -s "$(printf 't%.0s' {1..180})" long-target
        mkdir -p "$(printf 'p%.0s' {1..120})/$(printf 'q%.0s' {1..90})"
        printf x > "$(printf 'p%.0s' {1..120})/$(printf 'q%.0s' {1..90})/$(printf 'n%.0s' {1..60})"
        mknod null c 1 3 && mknod disk b 259 7 && mkfifo pipe
        chown 1234:5678 dir/sub/large && chmod 4755 dir/sub/large && chmod 700 closed
        find . -exec touch -h -d '2023-05-06 07:08:09.123456789 UTC' {} +
        """;

    private const string AttributesScript =
        """
        cd "$1"
        setfattr -n user.one -v first dir/file
        setfattr -n user.dir -v yes dir
        setfattr -n security.capability -v 0sAQAAAgAgAAAAAAAAAAAAAAAAAAA= dir/sub/large
        find . -exec touch -h -d '2023-05-06 07:08:09.123456789 UTC' {} +
        """;

    /// <summary>What old formats have no place for.</summary>
    private const string NoLong = "--exclude=long-target --exclude=./ppp*",
        NoNodes = "--exclude=null --exclude=disk --exclude=pipe";

    private static IEnumerable<CorpusTar> Tools =>
    [
        .. ((string[])["gnu", "oldgnu", "posix"]).Select(format =>
            Made($"GNU tar {format}", $"tar -cf $TAR -H {format} .")),
        Made("GNU tar ustar", $"tar -cf $TAR -H ustar {NoLong} ."),
        Made("GNU tar v7", $"tar -cf $TAR -H v7 {NoLong} {NoNodes} ."),
        Made("GNU tar with attributes", "tar -cf $TAR -H posix --xattrs --xattrs-include=* .", attributes: true),
        Made("GNU tar, hard links last", "tar -cf $TAR --sort=name other dir link"),
        Made("GNU tar, one block a record", "tar -cf $TAR -b 1 dir"),
        Made("GNU tar, many blocks a record", "tar -cf $TAR -b 200 dir"),
        Made("GNU tar, other names", "tar -cf $TAR --transform=s,^,./opt//x/, dir empty"),
        Made("GNU tar, one owner and time for all",
            "tar -cf $TAR --owner=root:0 --group=g:9 --mtime=@1 --mode=a+rX dir link"),
        Made("GNU tar, hard links as files", "tar -cf $TAR --hard-dereference dir other"),
        Made("GNU tar, times of access and change", "tar -cf $TAR -H gnu --atime-preserve dir"),
        .. ((string[])["pax", "gnutar", "posix"]).Select(format =>
            Made($"bsdtar {format}", $"bsdtar -cf $TAR --format {format} .")),
        Made("bsdtar ustar", $"bsdtar -cf $TAR --format ustar {NoLong} ."),
        Made("bsdtar v7", $"bsdtar -cf $TAR --format v7tar {NoLong} {NoNodes} ."),
        Made("bsdtar with attributes", "bsdtar -cf $TAR --format pax --xattrs .", attributes: true),
        .. ((string[])["USTAR", "GNU", "PAX"]).Select(format => Made($"python {format}",
            $"""
            python3 - $TAR <<E
            import sys, tarfile
            with tarfile.open(sys.argv[1], 'w', format=tarfile.{format}_FORMAT) as t:
                for name in ['dir', 'empty', 'closed', 'link', 'other', 'null', 'disk', 'pipe']: t.add(name)
            E
            """)),
        Made("python PAX with a global header",
            """
            python3 - $TAR <<E
            import sys, tarfile
            with tarfile.open(sys.argv[1], 'w', pax_headers={'comment': 'c', 'gid': '77'}) as t:
                for name in ['dir', 'link']: t.add(name)
            E
            """),
        Made("busybox tar", "$BUSYBOX tar -cf $TAR dir empty closed link absolute"),
    ];

    /// <summary>A tree of every kind of file, as a program that runs inside it packs it into $TAR.</summary>
    private static CorpusTar Made(string name, string command, bool attributes = false) => new(name, sandbox =>
    {
        string tree = sandbox.NewPath("tree"), tar = sandbox.NewPath("made.tar");
        Shell.Run("bash", "-euc", TreeScript, "tree", tree);
        if (attributes) Shell.Run("bash", "-euc", AttributesScript, "attributes", tree);
        string busybox = OutputFolder.Need("tools", OutputFolder.Architecture, "bin", "busybox");
        Shell.Run("env", "-C", tree, "LC_ALL=C.UTF-8", $"TAR={tar}", $"BUSYBOX={busybox}", "bash", "-euc", command);
        return [tar];
    });
}
