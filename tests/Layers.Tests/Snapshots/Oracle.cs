using Skiff.Layers.Tests.Support;

namespace Skiff.Layers.Tests.Snapshots;

/// <summary>
/// Makes tars and lists trees with Python's tarfile and os modules, and extracts with GNU tar: none of our code.
/// </summary>
internal static class Oracle
{
    private const string ScanScript =
        """
        import hashlib, os, stat, sys
        ignore = set(sys.argv[1].split(','))
        def digest(path):
            # Holes and zeros are the same; a large file is read where it has data.
            sums, at = hashlib.sha256(), 0
            with open(path, 'rb', buffering=0) as f:
                size = os.fstat(f.fileno()).st_size
                while at < size:
                    try: start = os.lseek(f.fileno(), at, os.SEEK_DATA)
                    except OSError: break
                    at = min(size, os.lseek(f.fileno(), start, os.SEEK_HOLE) + 4095 & -4096)
                    for block in range(start & -4096, at, 1 << 20):
                        data = os.pread(f.fileno(), min(1 << 20, at - block), block)
                        if not data.strip(b'\0'): continue
                        for i in range(0, len(data), 4096):
                            piece = data[i:i + 4096].rstrip(b'\0')
                            if piece: sums.update(b'%d %d ' % (block + i, len(piece)) + piece)
            return sums.hexdigest()
        def scan(root):
            inodes, lines = {}, []
            for directory, names, files in os.walk(root):
                for name in [b''] + sorted(names) + sorted(files):
                    if not name and directory != root: continue
                    path = os.path.join(directory, name) if name else root
                    s = os.lstat(path)
                    rel = os.path.relpath(path, root)
                    xattrs = sorted((k, os.getxattr(path, k, follow_symlinks=False).hex())
                                    for k in os.listxattr(path, follow_symlinks=False))
                    what = ''
                    if stat.S_ISLNK(s.st_mode): what = repr(os.readlink(path))
                    elif stat.S_ISREG(s.st_mode): what = digest(path)
                    elif stat.S_ISCHR(s.st_mode) or stat.S_ISBLK(s.st_mode):
                        what = '%d:%d' % (os.major(s.st_rdev), os.minor(s.st_rdev))
                    isdir = stat.S_ISDIR(s.st_mode)
                    fields = ['mode=%o' % s.st_mode, str(s.st_uid), str(s.st_gid), '' if 'mtime' in ignore
                              or (isdir and 'dirmtime' in ignore) else 'mtime=%d' % s.st_mtime_ns,
                              '' if isdir else 'size=%d' % s.st_size, what, '' if 'xattr' in ignore else repr(xattrs)]
                    inodes.setdefault((s.st_dev, s.st_ino), []).append(rel)
                    if not isdir: fields.append('links=%d' % s.st_nlink)
                    lines.append((rel, ' '.join(fields)))
            group = {name: min(g) for g in inodes.values() for name in g}
            for rel, text in sorted(lines): print(repr(rel), text, 'same-as=' + repr(group[rel]))
        def implied(tar):
            names, parents = set(), {b'.'}
            try:
                for member in tarfile.open(tar) if os.path.getsize(tar) else []:
                    path = os.path.normpath(b'/' + os.fsencode(member.name)).lstrip(b'/') or b'.'
                    names.add(path)
                    while path := os.path.dirname(path): parents.add(path)
            except tarfile.ReadError: pass # Of a last block that is not whole; all entries are known by then.
            for path in parents - names: print(repr(path))
        for argument in sys.argv[2:]:
            if os.path.isdir(argument): scan(os.fsencode(argument))
            else:
                import tarfile
                implied(argument)
            print('end')
        """;

    /// <summary>One line per file: everything that lstat, readlink, listxattr and SHA-256 say.</summary>
    /// <param name="tree">The directory.</param>
    /// <param name="ignore">Comma-separated: mtime, dirmtime, xattr.</param>
    internal static string Scan(string tree, string ignore = "") =>
        Shell.Run("python3", "-c", ScanScript, ignore, tree).Split("end\n")[0];

    /// <summary>
    /// As <see cref="Scan"/>, of several directories. Of a tar: the directories, one a line, that have something in
    /// them and no entry of their own.
    /// </summary>
    internal static string[] ScanAll(params ReadOnlySpan<string> treesAndTars) =>
        Shell.Run("python3", ["-c", ScanScript, "", .. treesAndTars]).Split("end\n")[..^1];

    /// <summary>
    /// Runs a Python script that adds to <c>t</c>, an open tarfile, through <c>add(name, type, ...)</c>; the path
    /// of the tar is the result.
    /// </summary>
    internal static string MakeTar(Sandbox sandbox, string script, string format = "PAX_FORMAT")
    {
        string path = sandbox.NewPath("made.tar");
        string head =
            $$"""
            import io, tarfile, sys
            t = tarfile.open(sys.argv[1], 'w', format=tarfile.{{format}})
            F, H, L, C, B, D, P = (tarfile.REGTYPE, tarfile.LNKTYPE, tarfile.SYMTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE,
                                   tarfile.DIRTYPE, tarfile.FIFOTYPE)
            def add(name, type=F, data=b'', link='', mode=0o644, uid=0, gid=0, mtime=1700000000, dev=(0, 0), pax={}):
                i = tarfile.TarInfo(name)
                i.type, i.linkname, i.mode, i.uid, i.gid, i.mtime = type, link, mode, uid, gid, mtime
                i.devmajor, i.devminor = dev
                i.size, i.pax_headers = len(data), dict(pax)
                t.addfile(i, io.BytesIO(data))

            """;
        Shell.Run("python3", "-c", head + script + "\nt.close()\n", path);
        return path;
    }

    /// <summary>What GNU tar makes of it as root.</summary>
    internal static string Extract(Sandbox sandbox, string tar, params ReadOnlySpan<string> more)
    {
        string tree = sandbox.NewPath("extracted");
        Directory.CreateDirectory(tree);
        Shell.Run("tar", ["-x", "-p", "--same-owner", "--numeric-owner", "--xattrs", "--xattrs-include=*",
            "--delay-directory-restore", .. more, "-f", tar, "-C", tree]);
        return tree;
    }

    /// <summary>What libarchive makes of it as root.</summary>
    internal static string ExtractWithBsdtar(Sandbox sandbox, string tar)
    {
        string tree = sandbox.NewPath("extracted");
        Directory.CreateDirectory(tree);
        Shell.Run("bsdtar", "-x", "-p", "--numeric-owner", "--xattrs", "--acls", "-f", tar, "-C", tree);
        return tree;
    }

    /// <summary>The root filesystem that umoci unpacks from layers, base first.</summary>
    internal static string Unpack(Sandbox sandbox, string[] layers)
    {
        string layout = sandbox.NewPath("layout"), bundle = sandbox.NewPath("bundle");
        OciLayout.Write(layout, layers);
        Shell.Run("umoci", "unpack", "--image", $"{layout}:{OciLayout.Tag}", bundle);
        return Path.Combine(bundle, "rootfs");
    }
}
