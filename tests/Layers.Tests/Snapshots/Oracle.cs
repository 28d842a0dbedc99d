namespace Skiff.Layers.Tests.Snapshots;

/// <summary>
/// Makes tars and lists trees with Python's tarfile and os modules, and extracts with GNU tar: none of our code.
/// </summary>
internal static class Oracle
{
    private const string ScanScript =
        """
        import hashlib, os, stat, sys
        root, ignore = os.fsencode(sys.argv[1]), set(sys.argv[2].split(','))
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
                elif stat.S_ISREG(s.st_mode):
                    digest = hashlib.sha256()
                    with open(path, 'rb') as f:
                        while chunk := f.read(1 << 20): digest.update(chunk)
                    what = digest.hexdigest()
                elif stat.S_ISCHR(s.st_mode) or stat.S_ISBLK(s.st_mode):
                    what = '%d:%d' % (os.major(s.st_rdev), os.minor(s.st_rdev))
                isdir = stat.S_ISDIR(s.st_mode)
                fields = ['%o' % s.st_mode, str(s.st_uid), str(s.st_gid),
                          '' if 'mtime' in ignore or (isdir and 'dirmtime' in ignore) else str(s.st_mtime_ns),
                          '' if isdir else str(s.st_size), what, '' if 'xattr' in ignore else repr(xattrs)]
                inodes.setdefault((s.st_dev, s.st_ino), []).append(rel)
                if not isdir: fields.append('links=%d' % s.st_nlink)
                lines.append((rel, ' '.join(fields)))
        group = {name: min(g) for g in inodes.values() for name in g}
        for rel, text in sorted(lines): print(repr(rel), text, 'same-as=' + repr(group[rel]))
        """;

    /// <summary>One line per file: everything that lstat, readlink, listxattr and SHA-256 say.</summary>
    /// <param name="tree">The directory.</param>
    /// <param name="ignore">Comma-separated: mtime, dirmtime, xattr.</param>
    internal static string Scan(string tree, string ignore = "") =>
        Shell.Run("python3", "-c", ScanScript, tree, ignore);

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
    internal static string Extract(Sandbox sandbox, string tar)
    {
        string tree = sandbox.NewPath("extracted");
        Directory.CreateDirectory(tree);
        Shell.Run("tar", "-x", "-p", "--same-owner", "--numeric-owner", "--xattrs", "--xattrs-include=*",
            "-f", tar, "-C", tree);
        return tree;
    }
}
