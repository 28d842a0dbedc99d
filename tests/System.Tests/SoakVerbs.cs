namespace Skiff.System.Tests;

/// <summary>What a worker of the soak may do, by chance; what is twice in the table comes twice as often.</summary>
public sealed class SoakVerbs
{
    /// <summary>The container that nobody touches: what is asked of it has to work.</summary>
    public const string Steady = "steady";

    /// <summary>What prune may take.</summary>
    public const string Label = "soak=prune";

    private const int Containers = 50, MostRunning = 20;

    private readonly Func<SoakVerb>[] _table;
    private readonly OwnRoots _roots;
    private readonly Random _random;
    private readonly string _image;
    private readonly string _files;

    /// <summary>Chooses from a seed.</summary>
    /// <param name="roots">Where the containers are.</param>
    /// <param name="image">What they are made of.</param>
    /// <param name="seed">Repeats the choices.</param>
    public SoakVerbs(OwnRoots roots, string image, int seed)
    {
        (_roots, _image, _random) = (roots, image, new Random(seed));
        _files = Directory.CreateDirectory(Path.Combine(roots.Folder, $"files{seed}")).FullName;
        File.WriteAllText(Path.Combine(_files, "in"), new string('x', 100_000));
        _table =
        [
            Run, Run, Run, Run, Run, Run, Create, RunToItsEnd,
            () => Of("start", Any()), () => Of("start", Any()),
            () => Of("stop", "-t", "0", Any()), () => Of("restart", "-t", "0", Any()),
            () => Of("kill", Any()), () => Of("pause", Any()), () => Of("pause", Any()),
            () => Of("unpause", Any()), () => Of("unpause", Any()),
            () => Of("rm", "-f", "-v", Any()), () => Of("rm", "-f", Any()), () => Of("rm", Any()),
            () => Of("rename", Any(), Any()), () => Of("inspect", Any()), () => Of("logs", Any()),
            () => Of("port", Any()), () => Of("diff", Any()), () => Of("top", Any()),
            () => Of("stats", "--no-stream", Any()), () => Of("stats", "--no-stream"),
            () => Of("update", "--restart", OneOf("no", "always", "on-failure:2", "unless-stopped"), Any()),
            () => Of("exec", Any(), "sh", "-c", "echo in; echo err >&2; exit 3"),
            () => Of("exec", "-d", Any(), "sleep", "1000"),
            () => Of("cp", Path.Combine(_files, "in"), $"{Any()}:/tmp/in"),
            () => Of("cp", $"{Any()}:/etc/passwd", Path.Combine(_files, "out")),
            () => Of("container", "prune", "-f", "--filter", $"label={Label}"),
            () => Of("system", "release"),
            () => Of("wait", Any()) with { EndAfterMs = 300 },
            () => Of("attach", "--no-stdin", "--sig-proxy=false", Any()) with { EndAfterMs = 300 },
            () => Of("logs", "-f", "--since", "5s", Any()) with { EndAfterMs = 300 },
            () => Of("ps", "-a") with { Expects = Steady },
            () => Of("events", "--since", "2s", "--until", "0s") with { Expects = "" },
            () => Of("exec", Steady, "sh", "-c", "echo in; echo err >&2") with { Expects = "in\n" },
            () => Of("logs", "--tail", "5", Steady) with { Expects = "steady\nsteady\nsteady\nsteady\nsteady\n" },
            () => Of("top", Steady) with { Expects = "echo steady" },
            () => Of("stats", "--no-stream", Steady) with { Expects = Steady },
            () => Of("cp", $"{Steady}:/etc/passwd", "-") with { Expects = "root:" },
            () => Of("cp", Path.Combine(_files, "in"), $"{Steady}:/tmp/in{_random.Next(8)}") with { Expects = "" },
        ];
    }

    /// <summary>The names in the table.</summary>
    public IEnumerable<string> Names => _table.Select(choice => choice().Name).Distinct();

    /// <summary>The next one.</summary>
    public SoakVerb Next() => _table[_random.Next(_table.Length)]();

    private static SoakVerb Of(params string[] arguments) => new(
        arguments[0] is "container" or "system" ? $"{arguments[0]} {arguments[1]}" : arguments[0], arguments);

    private string Any() => $"s{_random.Next(Containers)}";

    private T OneOf<T>(params T[] choices) => choices[_random.Next(choices.Length)];

    private SoakVerb Create() => Of("create", "--name", Any(), "--network", "none", "-v", "/data", "--label", Label,
        _image, "sleep", "1000");

    private SoakVerb RunToItsEnd() => Of("run", "--rm", "--network", OneOf("none", "bridge"), _image, "sh", "-c",
        "seq 1000; exit 3");

    private SoakVerb Run()
    {
        string name = Any();
        if (_roots.CountRunning() >= MostRunning) return Of("rm", "-f", "-v", name);
        string[] flags = OneOf<string[]>([], ["--restart", "always"], ["--init", "--tmpfs", "/t"], ["-t", "-i"],
            ["-v", "/data", "-p", "80"], ["--network", "host"], ["--rm"], ["--log-driver", "json-file"],
            ["--log-driver", "none", "--read-only"], ["--userns", "auto"], ["--ipc", "shareable", "--label", Label],
            ["--pid", $"container:{OneOf(Steady, Any())}"], ["--ipc", $"container:{OneOf(Steady, Any())}"],
            ["--depends-on", OneOf(Steady, Any()), "--restart", "unless-stopped"],
            ["--restart", "on-failure:3", "--health-cmd", "false", "--health-interval", "300ms"]);
        string script = OneOf("exit 3", "sleep 2; exit 1", "yes | head -c 300000; exec sleep 1000",
            "sleep 1000 & exec sleep 1000", "exec sleep 1000");
        return Of(["run", "-d", "--name", name, .. flags, _image, "sh", "-c", script]);
    }
}
