using System.Diagnostics;
using System.Runtime.CompilerServices;
using Skiff.System.Tests;

[assembly: AssemblyFixture(typeof(SkiffHost))]

namespace Skiff.System.Tests;

/// <summary>
/// The published binary with roots of its own, and a registry with the test images. Lives as long as the test program;
/// at its end everything is removed and whatever the engine left on the machine is an error.
/// </summary>
public sealed class SkiffHost : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("skiff-system-").FullName;
    private readonly HostState _before;
    private readonly Lazy<string> _faults, _sends;
    private int _names;

    public SkiffHost()
    {
        Binary = Environment.GetEnvironmentVariable("SKIFF_BINARY") ?? Path.Combine(Repository, "out/skiff");
        if (!File.Exists(Binary))
            throw new FileNotFoundException($"no binary at {Binary}: run `make publish` or set SKIFF_BINARY");
        if (!Environment.IsPrivilegedProcess)
            throw new InvalidOperationException("the system tests need root");
        _faults = new Lazy<string>(() => Compile("faults"));
        _sends = new Lazy<string>(() => Compile("sends"));
        Command.Run(Script("images")).Exits(0);
        RegistryPort = int.Parse(Command.Run(Script("registry"), "start", _folder).Text());
        // For tests of what is refused, whose errors would come after a pull's lines.
        Run("pull", "-q", Busybox).Exits(0);
        _before = HostState.Capture(this);
    }

    /// <summary>The binary under test.</summary>
    public string Binary { get; }

    /// <summary>The engine's durable root in these tests.</summary>
    public string Root => Path.Combine(_folder, "root");

    /// <summary>The engine's volatile root in these tests.</summary>
    public string RunRoot => Path.Combine(_folder, "run");

    /// <summary>The registry's port on loopback.</summary>
    public int RegistryPort { get; }

    /// <summary>A small image with busybox and every applet.</summary>
    public string Busybox => Image("busybox:latest");

    /// <summary>debootstrap's minimal Debian.</summary>
    public string Debian => Image("debian:bookworm");

    /// <summary>The image made for questions: users, a volume, whiteouts, bad programs.</summary>
    public string Probe => Image("probe:latest");

    /// <summary>The program tests/faults/faults.c, compiled.</summary>
    public string Faults => _faults.Value;

    /// <summary>The program tests/faults/sends.c, compiled.</summary>
    public string Sends => _sends.Value;

    private static string Repository => FindRepository();

    /// <summary>A name in the tests' registry.</summary>
    public string Image(string name) => $"127.0.0.1:{RegistryPort}/{name}";

    /// <summary>A container, volume or network name that no other test uses.</summary>
    public string NewName(string start = "t") => $"{start}{Interlocked.Increment(ref _names)}-{Environment.ProcessId}";

    /// <summary>A new folder for one test, removed with the rest at the end.</summary>
    public string NewFolder() => Directory.CreateDirectory(Path.Combine(_folder, NewName("folder"))).FullName;

    /// <summary>Starts the binary with the tests' roots.</summary>
    public Command Start(params string[] arguments) => Command.Start(Binary, arguments, Variables());

    /// <summary>
    /// Starts a shell line on a terminal of its own, which util-linux's script(1) makes. It finds the binary in $SKIFF,
    /// busybox in $IMAGE, and <paramref name="folder"/> in $FOLDER.
    /// </summary>
    public Command StartTerminal(string script, string folder)
    {
        var environment = Variables();
        environment["IMAGE"] = Busybox;
        environment["FOLDER"] = folder;
        environment["TERM"] = "xterm";
        return Command.Start("/usr/bin/script", ["-qec", script, "/dev/null"], environment);
    }

    /// <summary>Runs the binary to its end.</summary>
    public CommandResult Run(params string[] arguments)
    {
        using var command = Start(arguments);
        return command.Finish();
    }

    /// <summary>Runs a detached container and returns it; it is removed when disposed.</summary>
    public Container Detached(params string[] arguments)
    {
        var name = NewName();
        var id = Run(["run", "-d", "--name", name, .. arguments]).Text();
        return new Container(this, name, id);
    }

    /// <summary>What a shell line prints in a fresh busybox container run with <paramref name="options"/>.</summary>
    public string Ask(string script, params string[] options) =>
        Run(["run", "--rm", .. options, Busybox, "sh", "-c", script]).Text();

    /// <summary>The variables that point the binary (and scripts that call it) at the tests' roots.</summary>
    public Dictionary<string, string?> Variables() => new()
    {
        ["SKIFF"] = Binary,
        ["SKIFF_ROOT"] = Root,
        ["SKIFF_RUN_ROOT"] = RunRoot,
    };

    /// <summary>
    /// What the kernel has of the engine after a release. A monitor that has told of its end is in the control group of
    /// monitors for a moment yet; then it takes another release to give that back.
    /// </summary>
    public List<string> LeftAfterRelease()
    {
        var clock = Stopwatch.StartNew();
        List<string> left;
        while ((left = HostState.OfEngine(this)).Count > 0 && clock.Elapsed.TotalSeconds < 30)
        {
            Thread.Sleep(100);
            if (left is ["skiff"]) Run("system", "release").Exits(0);
        }
        return left;
    }

    public void Dispose()
    {
        var failures = new List<string>();
        RemoveEverything(failures);
        failures.AddRange(_before.LeftBehind(this));
        failures.AddRange(LeftAfterRelease());
        Command.Run(Script("registry"), "stop", _folder);
        HostState.Unmount(_folder, failures);
        if (!HostState.MountsBelow(_folder).Any())
            Directory.Delete(_folder, recursive: true);
        Assert.True(failures.Count == 0, $"left behind:\n{string.Join('\n', failures)}");
    }

    private void RemoveEverything(List<string> failures)
    {
        var ids = Run("ps", "-aq").Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (ids.Length > 0)
            Note(Run(["rm", "-f", .. ids]), failures);
        var volumes = Run("volume", "ls", "-q").Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (volumes.Length > 0)
            Note(Run(["volume", "rm", .. volumes]), failures);
        var images = Run("images", "-q").Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Distinct().ToArray();
        if (images.Length > 0)
            Note(Run(["rmi", "-f", .. images]), failures);
        Note(Run("system", "release"), failures);
    }

    private string Compile(string name)
    {
        var program = Path.Combine(_folder, name);
        Command.Run("gcc", "-O1", "-Wall", "-o", program, Path.Combine(Repository, $"tests/faults/{name}.c")).Exits(0);
        return program;
    }

    private static void Note(CommandResult result, List<string> failures)
    {
        if (result.ExitCode != 0)
            failures.Add(result.ToString());
    }

    /// <summary>A file of the repository.</summary>
    internal static string Source(string name) => Path.Combine(Repository, name);

    internal static string Script(string name) => Path.Combine(Repository, "scripts", name);

    private static string FindRepository([CallerFilePath] string here = "")
    {
        for (var folder = new DirectoryInfo(Path.GetDirectoryName(here)!); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Agent.sln")))
                return folder.FullName;
        }
        throw new DirectoryNotFoundException($"no folder with Agent.sln above {here}");
    }
}
