using Skiff.Agent.Manager;
using Skiff.Agent.Volumes;

namespace Skiff.Agent.Tests.Volumes;

public sealed class MountSyntaxTests
{
    [Theory]
    [InlineData("/data", "Volume", "", "/data")]
    [InlineData("db:/data", "Volume", "db", "/data")]
    [InlineData("/srv:/data", "Bind", "/srv", "/data")]
    [InlineData("/srv/../etc/:/data", "Bind", "/etc/", "/data")]
    [InlineData("db:/data:ro", "Volume", "db", "/data")]
    public void Volumes_are_read(string text, string kind, string source, string target)
    {
        MountSpec spec = VolumeSyntax.Parse(text);
        Assert.Equal((kind, source, target), (spec.Kind.ToString(), spec.Source, spec.Target));
        Assert.Equal(text.EndsWith(":ro", StringComparison.Ordinal), spec.ReadOnly);
        Assert.Equal(kind == "Bind", spec.CreateSource);
    }

    [Fact]
    public void A_relative_source_is_a_host_path() =>
        Assert.Equal(Path.GetFullPath("sub"), VolumeSyntax.Parse("./sub:/data").Source);

    [Fact]
    public void Modes_are_read()
    {
        MountSpec bind = VolumeSyntax.Parse("/a:/b:ro,z,rslave,cached");
        Assert.True(bind is { ReadOnly: true, Propagation: MountPropagation.RSlave });
        Assert.True(VolumeSyntax.Parse("db:/b:nocopy,rw") is { NoCopy: true, ReadOnly: false });
    }

    [Theory]
    [InlineData("", "invalid volume specification: ''")]
    [InlineData("a:b:c:d", "invalid volume specification: 'a:b:c:d'")]
    [InlineData("db:", "invalid volume specification: 'db:'")]
    [InlineData("/data:ro", "invalid volume specification: '/data:ro'")]
    [InlineData("db:/data:rx", "invalid mode: rx")]
    [InlineData("db:/data:ro,rw", "invalid mode: ro,rw")]
    [InlineData("db:/data:rslave", "invalid mode: rslave")]
    [InlineData("/a:/data:nocopy", "invalid mode: nocopy")]
    [InlineData("db:data", "invalid volume specification: 'db:data': invalid mount config for type \"volume\": "
        + "invalid mount path: 'data' mount path must be absolute")]
    [InlineData("/a:/", "invalid volume specification: '/a:/': invalid mount config for type \"bind\": "
        + "invalid specification: destination can't be '/'")]
    [InlineData("a/b:/data", "create a/b: \"a/b\" includes invalid characters for a local volume name, only "
        + "\"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed. If you intended to pass a host directory, use absolute path")]
    public void Bad_volumes_are_refused_in_dockers_words(string text, string message)
    {
        UsageException e = Assert.Throws<UsageException>(() => VolumeSyntax.Parse(text));
        Assert.Equal(message, e.Message);
        Assert.Equal(125, e.ExitCode);
    }

    [Fact]
    public void Mounts_are_read()
    {
        MountSpec bind =
            MountSyntax.Parse("type=bind,src=/srv,dst=/data,readonly,bind-propagation=shared,bind-nonrecursive");
        Assert.Equal((MountKind.Bind, "/srv", "/data"), (bind.Kind, bind.Source, bind.Target));
        Assert.True(bind is { ReadOnly: true, Recursive: "disabled", CreateSource: false });
        Assert.Equal(MountPropagation.Shared, bind.Propagation);
        MountSpec volume = MountSyntax.Parse(
            "source=db,target=/data,readonly=false,volume-nocopy,volume-subpath=a/b,volume-opt=type=nfs,"
            + "volume-opt=device=:/e,volume-opt=o=ro,volume-label=x=1,volume-driver=local");
        Assert.Equal((MountKind.Volume, "db", "/data"), (volume.Kind, volume.Source, volume.Target));
        Assert.True(volume is { ReadOnly: false, NoCopy: true, Subpath: "a/b", Driver: "local" });
        Assert.Equal(new Dictionary<string, string>
        {
            ["type"] = "nfs", ["device"] = ":/e", ["o"] = "ro",
        }, volume.DriverOptions);
        Assert.Equal(new Dictionary<string, string> { ["x"] = "1" }, volume.Labels);
        MountSpec tmpfs = MountSyntax.Parse("type=tmpfs,destination=/run,tmpfs-size=64m,tmpfs-mode=1770");
        Assert.Equal((MountKind.Tmpfs, "", "/run"), (tmpfs.Kind, tmpfs.Source, tmpfs.Target));
        Assert.Equal((67108864L, 0x3F8), (tmpfs.TmpfsSizeBytes!.Value, tmpfs.TmpfsMode!.Value));
    }

    [Fact]
    public void Quotes_protect_commas() =>
        Assert.Equal("/a,b\"c", MountSyntax.Parse("type=bind,\"src=/a,b\"\"c\",dst=/data").Source);

    [Theory]
    [InlineData("type=bind,src=/a", "target is required")]
    [InlineData("type=bind,dst=/a", "source is required for type 'bind'")]
    [InlineData("type=bind,src=a,dst=/a", "invalid mount path: 'a' mount path must be absolute")]
    [InlineData("dst=a", "invalid mount path: 'a' mount path must be absolute")]
    [InlineData("dst=/", "invalid specification: destination can't be '/'")]
    [InlineData("type=npipe,dst=/a", "mount type 'npipe' is not supported: named pipes are Windows'")]
    [InlineData("type=cluster,dst=/a", "mount type 'cluster' is not supported: its volumes are Swarm's")]
    [InlineData("type=disk,dst=/a", "mount type 'disk' is not supported; known are volume, bind, tmpfs and image")]
    [InlineData("type=image,dst=/a", "source is required for type 'image'")]
    [InlineData("type=image,src=a,dst=/a,image-subpath=../b",
        "image-subpath '../b' must be a relative path within the image")]
    [InlineData("type=image,src=a,dst=/a,volume-subpath=b", "cannot mix 'volume-*' options with mount type 'image'")]
    [InlineData("dst=/a,foo=1", "unexpected key 'foo' in 'foo=1'")]
    [InlineData("dst", "invalid field 'dst' must be a key=value pair")]
    [InlineData("dst=/a,readonly=maybe", "invalid value for readonly: maybe")]
    [InlineData("type=bind,src=/a,dst=/b,volume-nocopy", "cannot mix 'volume-*' options with mount type 'bind'")]
    [InlineData("dst=/b,tmpfs-size=1m", "cannot mix 'tmpfs-*' options with mount type 'volume'")]
    [InlineData("type=tmpfs,src=a,dst=/b", "cannot specify source for type 'tmpfs'")]
    [InlineData("type=tmpfs,dst=/b,tmpfs-mode=9", "invalid value for tmpfs-mode: 9")]
    [InlineData("type=tmpfs,dst=/b,tmpfs-size=x", "invalid value for tmpfs-size: x")]
    [InlineData("type=bind,src=/a,dst=/b,bind-recursive=writable",
        "option 'bind-recursive=writable' requires 'readonly' to be specified in conjunction")]
    [InlineData("type=bind,src=/a,dst=/b,ro,bind-recursive=readonly",
        "option 'bind-recursive=readonly' requires 'bind-propagation=rprivate' to be specified in conjunction")]
    [InlineData("type=bind,src=/a,dst=/b,bind-recursive=no",
        "invalid value for bind-recursive: no (must be \"enabled\", \"disabled\", \"writable\", or \"readonly\")")]
    [InlineData("type=bind,src=/a,dst=/b,bind-create-src=maybe", "invalid value for bind-create-src: maybe")]
    [InlineData("type=bind,src=/a,dst=/b,bind-propagation=up", "invalid propagation value: up")]
    [InlineData("\"dst=/a", "a quote is not closed")]
    public void Bad_mounts_are_refused(string text, string problem) =>
        Assert.Equal($"invalid argument \"{text}\" for \"--mount\" flag: {problem}",
            Assert.Throws<UsageException>(() => MountSyntax.Parse(text)).Message);

    [Fact]
    public void Tmpfs_options_are_read()
    {
        MountSpec spec = TmpfsSyntax.Parse("/run:ro,size=1g,mode=755,exec,uid=1000");
        Assert.Equal((MountKind.Tmpfs, "/run"), (spec.Kind, spec.Target));
        Assert.Equal((1L << 30, 0x1ED), (spec.TmpfsSizeBytes!.Value, spec.TmpfsMode!.Value));
        Assert.True(spec.ReadOnly);
        Assert.Equal(["exec", "uid=1000"], spec.TmpfsOptions);
        Assert.Equal("/run", TmpfsSyntax.Parse("/run").Target);
    }

    [Theory]
    [InlineData("run", "mount path must be absolute")]
    [InlineData("/run:fast", "invalid tmpfs option [\"fast\"]")]
    [InlineData("/run:size", "invalid tmpfs option [\"size\"]")]
    [InlineData("/run:mode=rwx", "invalid tmpfs mode: rwx")]
    public void Bad_tmpfs_options_are_refused(string text, string problem) =>
        Assert.EndsWith(problem, Assert.Throws<UsageException>(() => TmpfsSyntax.Parse(text)).Message);
}
