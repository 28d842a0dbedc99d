using System.Text.Json.Nodes;

namespace Skiff.System.Tests;

/// <summary>
/// A bundle of one test with busybox as its root, and a runtime root of its own; disposing it deletes its containers.
/// </summary>
public sealed class Bundle : IDisposable
{
    private static readonly Lock s_making = new();

    private readonly SkiffHost _host;
    private int _names;

    public Bundle(SkiffHost host)
    {
        _host = host;
        Folder = host.NewFolder();
        RenewRoot();
        Config = JsonNode.Parse(SampleJson)!;
        Print("true");
    }

    /// <summary>The bundle's folder.</summary>
    public string Folder { get; }

    /// <summary>--root of its containers.</summary>
    public string StateRoot => Path.Combine(Folder, "state");

    /// <summary>The root that containers see.</summary>
    public string Rootfs => Path.Combine(Folder, "rootfs");

    /// <summary>config.json, written by each command.</summary>
    public JsonNode Config { get; }

    /// <summary>process.</summary>
    public JsonNode Process => Config["process"]!;

    /// <summary>linux.</summary>
    public JsonNode Linux => Config["linux"]!;

    /// <summary>The container that commands are about unless told otherwise.</summary>
    public string Id { get; } = $"oci-{Guid.NewGuid():N}"[..16];

    /// <summary>Gives the bundle a root that no container has changed.</summary>
    public void RenewRoot() => Command.Shell("rm -rf \"$2\" && cp -a \"$1\" \"$2\"", Template(_host), Rootfs).Exits(0);

    /// <summary>Makes the container run a shell script.</summary>
    public Bundle Print(string script)
    {
        Process["args"] = new JsonArray("sh", "-c", script);
        return this;
    }

    /// <summary>Adds an entry to an array of the configuration.</summary>
    public Bundle Add(JsonNode parent, string array, string json)
    {
        if (parent[array] is null) parent[array] = new JsonArray();
        parent[array]!.AsArray().Add(JsonNode.Parse(json));
        return this;
    }

    /// <summary>Runs a verb of `skiff oci`.</summary>
    public CommandResult Oci(params string[] arguments)
    {
        using var command = Start(arguments);
        return command.Finish();
    }

    /// <summary>As <see cref="Oci"/>, without waiting for its end.</summary>
    public Command Start(params string[] arguments)
    {
        Write();
        return Command.Start(_host.Binary, ["oci", "--root", StateRoot, .. arguments]);
    }

    /// <summary>`run` of the bundle to its end.</summary>
    public CommandResult Run(params string[] options) => Oci(["run", .. options, "--bundle", Folder, Id]);

    /// <summary>
    /// `create`, whose process keeps stdio: it goes to a file, or the test would wait for the container's end.
    /// </summary>
    public CommandResult Create(params string[] options)
    {
        Write();
        return Command.Shell("out=$1; shift; exec \"$@\" < /dev/null > \"$out\" 2>\"$out.err\"; ",
            [Output, _host.Binary, "oci", "--root", StateRoot, "create", .. options, "--bundle", Folder, Id]);
    }

    /// <summary>What create and the container's process wrote.</summary>
    public string Output => Path.Combine(Folder, "output");

    /// <summary>`create` and `start` of a process that stays.</summary>
    public Bundle Running(string script = "sleep 1000")
    {
        Print(script);
        Create().Exits(0);
        Oci("start", Id).Exits(0);
        return this;
    }

    /// <summary>One member of the state.</summary>
    public string? State(string name) => JsonNode.Parse(Oci("state", Id).Text())![name]?.ToString();

    /// <summary>The first process' id on the host.</summary>
    public int Pid => int.Parse(State("pid")!);

    /// <summary>Runs a shell line in the container.</summary>
    public CommandResult Exec(string script) => Oci("exec", Id, "sh", "-c", script);

    /// <summary>A path below the bundle that no other call gives.</summary>
    public string NewPath(string name) => Path.Combine(Folder, $"{name}{Interlocked.Increment(ref _names)}");

    /// <summary>Writes an executable script for hooks.</summary>
    public string Script(string content)
    {
        var path = NewPath("script");
        File.WriteAllText(path, "#!/bin/sh\n" + content);
        File.SetUnixFileMode(path, (UnixFileMode)0b111_101_101);
        return path;
    }

    /// <summary>Writes config.json.</summary>
    public void Write() => File.WriteAllText(Path.Combine(Folder, "config.json"), Config.ToJsonString());

    public void Dispose()
    {
        foreach (var id in Oci("list", "-q").Text().Split('\n', StringSplitOptions.RemoveEmptyEntries))
            Oci("delete", "--force", id).Exits(0);
        Assert.False(Directory.Exists(Path.Combine(HostState.CgroupRoot, "skiff-oci", Id)), "the cgroup is there");
    }

    // The root of the busybox image, exported once.
    private static string Template(SkiffHost host)
    {
        var path = Path.Combine(host.Root, "..", "oci-rootfs");
        lock (s_making)
        {
            if (Directory.Exists(path)) return path;
            var name = host.NewName();
            host.Run("create", "--name", name, host.Busybox).Exits(0);
            var tar = path + ".tar";
            host.Run("export", "-o", tar, name).Exits(0);
            host.Run("rm", name).Exits(0);
            Directory.CreateDirectory(path + ".new");
            Command.Run("tar", "-xf", tar, "-C", path + ".new").Exits(0);
            Directory.Move(path + ".new", path);
            return path;
        }
    }

    private const string SampleJson = """
        {
          "ociVersion": "1.0.2",
          "process": {
            "user": {"uid": 0, "gid": 0},
            "args": ["true"],
            "env": ["PATH=/bin:/usr/bin:/sbin:/usr/sbin"],
            "cwd": "/",
            "capabilities": {
              "bounding": ["CAP_KILL", "CAP_CHOWN"], "effective": ["CAP_KILL", "CAP_CHOWN"],
              "permitted": ["CAP_KILL", "CAP_CHOWN"]
            },
            "noNewPrivileges": true
          },
          "root": {"path": "rootfs"},
          "hostname": "box",
          "mounts": [
            {"destination": "/proc", "type": "proc", "source": "proc"},
            {"destination": "/dev", "type": "tmpfs", "source": "tmpfs",
              "options": ["nosuid", "strictatime", "mode=755", "size=65536k"]},
            {"destination": "/dev/pts", "type": "devpts", "source": "devpts",
              "options": ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]},
            {"destination": "/dev/shm", "type": "tmpfs", "source": "shm",
              "options": ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]},
            {"destination": "/sys", "type": "sysfs", "source": "sysfs",
              "options": ["nosuid", "noexec", "nodev", "ro"]}
          ],
          "linux": {
            "namespaces": [
              {"type": "pid"}, {"type": "network"}, {"type": "ipc"}, {"type": "uts"}, {"type": "mount"}
            ]
          }
        }
        """;
}
