using System.Diagnostics;
using System.Security.Cryptography;

namespace Skiff.PowerCut;

/// <summary>Boots, looks, works and cuts the power, again and again on one disk.</summary>
/// <param name="settings">What was asked for.</param>
/// <param name="log">Gets a line per cut.</param>
internal sealed class Campaign(Settings settings, TextWriter log) : IDisposable
{
    private const int ShareOfCutsInCleanUp = 8, CleanUpMs = 1500, MostRequests = 100, DeepEvery = 10, BootEvery = 20;
    private const int SecondsBetweenBoots = 120;

    private static readonly string[] s_catalog =
    [
        "127.0.0.1:5000/busybox:latest", "127.0.0.1:5000/layered:latest", "127.0.0.1:5000/part-a:latest",
        "127.0.0.1:5000/part-b:latest", "127.0.0.1:5000/part-c:latest",
    ];

    private readonly Random _random = new(settings.Seed);
    private readonly Dictionary<string, string> _ids = [], _markers = [];
    private readonly Dictionary<string, string[]> _layers = [];
    private readonly List<string> _defects = [];
    private Workload _workload = null!;
    private Inspector _inspector = null!;
    private World _world = new();
    private Operation? _inFlight;
    private string _where = "";
    private Disk _disk = null!;
    private NbdServer _server = null!;
    private int _operations, _opened, _boots;

    /// <summary>Cuts after which something was wrong.</summary>
    public int Failed { get; private set; }

    /// <summary>Acknowledged commands.</summary>
    public int Acknowledged { get; private set; }

    /// <summary>Cuts, until enough of them or too many failures.</summary>
    public int Run()
    {
        TakeSnapshot();
        StartAfresh();
        for (int cut = 1; cut <= settings.Cuts; cut++)
        {
            string story = Cut(cut);
            if (_defects.Count == 0)
            {
                log.WriteLine($"PASS {story}");
                continue;
            }
            Failed++;
            log.WriteLine($"FAIL {story}; before that the disk was as after cut {cut - 1}");
            foreach (string defect in _defects) log.WriteLine($"         | {defect}");
            Keep(cut);
            if (Failed == settings.MostFailures) return cut;
            StartAfresh();
        }
        FinalLook();
        return settings.Cuts;
    }

    /// <inheritdoc/>
    public void Dispose() => _server?.Dispose();

    /// <summary>Boots once and keeps the machine's memory as it is before it has looked at the disk.</summary>
    private void TakeSnapshot()
    {
        OpenDisk();
        using var machine = new Machine([.. Command(), "-monitor", $"unix:{Monitor},server=on,wait=off"]);
        if (!machine.WaitUntilUp()) throw new GuestException("the guest did not come up");
        machine.Save(Monitor, Snapshot);
    }

    private string Snapshot => Path.Combine(settings.Directory, "snapshot");

    private string Monitor => Path.Combine(settings.Directory, "monitor.sock");

    private void OpenDisk()
    {
        _server?.Dispose();
        _disk = new Disk(File.ReadAllBytes(settings.Image));
        _server = new NbdServer(_disk, Path.Combine(settings.Directory, $"disk{++_opened}.sock"));
    }

    /// <summary>A new disk, and a first boot that learns what the registry has.</summary>
    private void StartAfresh()
    {
        OpenDisk();
        _inspector = new Inspector(_layers, _markers);
        (_world, _inFlight) = (new World(), null);
        using Machine machine = Boot();
        foreach (string name in s_catalog)
        {
            (int exitCode, string output) = machine.Run($"skiff pull -q {name} && skiff images -q --no-trunc {name}");
            if (exitCode != 0) throw new GuestException($"pull {name}: {output}");
            string id = output.Trim().Split('\n')[^1];
            _ids[name] = id;
            string repository = name.Split('/')[1].Split(':')[0];
            _inspector.Learn(machine, id, repository.StartsWith("part-", StringComparison.Ordinal) ? repository : null);
            _world = _world.Name(name, id);
        }
        _workload = new Workload(_random, _ids);
        machine.Kill();
        AfterTheCut();
    }

    /// <summary>One boot: what the last cut left, then work until the next.</summary>
    private string Cut(int number)
    {
        _defects.Clear();
        var clock = Stopwatch.StartNew();
        bool cutsCleanUp = _random.Next(ShareOfCutsInCleanUp) == 0;
        int delayMs = _random.Next(cutsCleanUp ? CleanUpMs : settings.WindowMs);
        (_where, _operations) = ("the boot", 0);
        try
        {
            using Machine machine = Boot();
            LookAround(machine);
            _where = "clean-up";
            if (cutsCleanUp) machine.CutIn(TimeSpan.FromMilliseconds(delayMs));
            _inFlight = new Operation("clean-up", (before, _) => before.Prune());
            _world = _inspector.CleanUp(machine, _world, number % DeepEvery == 0, _defects);
            _inspector.Try(machine, _world, _random, _defects);
            _inFlight = null;
            _where = "work";
            if (!cutsCleanUp) Arm(machine, delayMs);
            if (_defects.Count == 0) Work(machine);
        }
        catch (PowerCutException)
        {
            // As planned; where it struck, we know.
        }
        catch (Exception e) when (e is GuestException or TimeoutException)
        {
            _defects.Add(e.Message);
        }
        CutSummary cut = AfterTheCut();
        string during = _inFlight?.Line ?? "nothing";
        return $"cut {number}, {delayMs} ms into {_where}, after {_operations} commands, during `{during}`, {cut}, "
            + $"{cut.Mode}, {clock.Elapsed.TotalSeconds:F1} s";
    }

    private void LookAround(Machine machine)
    {
        World after = _inFlight?.Unheard(_world) ?? _world;
        _world = _inspector.LookAround(machine, _world, after, _defects);
        _inFlight = null;
        _workload.Markers.Clear();
    }

    private void Work(Machine machine)
    {
        while (true)
        {
            Operation next = _workload.Next(_world);
            _inFlight = next;
            (int exitCode, string output) = machine.Run(next.Line);
            if (exitCode != 0) throw new GuestException($"{next.Line}: exit code {exitCode}: {output}");
            string printed = output.Trim();
            _world = next.Apply(_world, printed);
            _operations++;
            Acknowledged++;
            _inFlight = null;
            // What an image has in its marker is known when its container wrote that in this very boot.
            if (next.Committed is { } container && _workload.Markers.TryGetValue(container, out string? marker))
                _markers[printed] = marker;
        }
    }

    private void FinalLook()
    {
        _defects.Clear();
        using Machine machine = Boot();
        try
        {
            LookAround(machine);
            _inspector.CleanUp(machine, _world, deeply: true, _defects);
        }
        catch (Exception e) when (e is GuestException or TimeoutException)
        {
            _defects.Add(e.Message);
        }
        if (_defects.Count == 0) return;
        Failed++;
        log.WriteLine("FAIL after the last cut");
        foreach (string defect in _defects) log.WriteLine($"         | {defect}");
    }

    private CutSummary AfterTheCut()
    {
        _server.WaitUntilIdle();
        return _disk.Cut(_random, (CutMode)_random.Next(4));
    }

    // Every other cut comes at a moment, the others when the disk has got so many requests and holds some back: most of
    // the time nothing is on the way to it, and what counts is what a cut does just then.
    private void Arm(Machine machine, int delayMs)
    {
        int requests = _random.Next(1, MostRequests);
        if (_random.Next(2) == 0) machine.CutIn(TimeSpan.FromMilliseconds(delayMs));
        else _server.CutAt(requests, machine.Kill);
    }

    private Machine Boot()
    {
        string[] start = ++_boots % BootEvery == 0 ? [] : ["-incoming", $"exec:cat {Snapshot}"];
        for (int attempt = 0; ; attempt++)
        {
            var machine = new Machine([.. Command(), .. start]);
            if (start.Length > 0 || machine.WaitUntilUp())
            {
                Wake(machine);
                return machine;
            }
            machine.Dispose();
            _server.WaitUntilIdle();
            if (attempt == 1) throw new GuestException("the guest did not come up twice in a row");
            log.WriteLine("     the guest did not come up; once more");
        }
    }

    // Gives the guest a clock and randomness of its own, and lets it look at the disk for the first time.
    private void Wake(Machine machine)
    {
        try
        {
            machine.WaitUntilAwake();
            long now = DateTimeOffset.UtcNow.ToUnixTimeSeconds() + (long)_boots * SecondsBetweenBoots;
            string noise = Convert.ToHexString(RandomNumberGenerator.GetBytes(32));
            (int exitCode, string output) = machine.Run($"wake {now} {noise}");
            if (exitCode != 0) throw new GuestException($"the guest cannot use its disk: {output}");
        }
        catch
        {
            machine.Dispose();
            throw;
        }
    }

    // The root disk that the snapshot was taken on stays as it was then.
    private string[] Command()
    {
        string disk = $"if=virtio,format=raw,file=nbd:unix:{settings.Directory}/disk{_opened}.sock,cache=none";
        string[] command =
        [
            .. settings.Command, "-drive", disk, "-chardev", "stdio,id=port", "-device", "virtio-serial-pci",
            "-device", "virtserialport,chardev=port",
        ];
        return File.Exists(Snapshot) ? command : [.. command.Select(word => word.Replace(",snapshot=on", ""))];
    }

    private void Keep(int cut)
    {
        string path = $"{settings.Image}.failed-{settings.Seed}-{cut}";
        _disk.Save(path);
        log.WriteLine($"         the disk after it is {path}; the guest's console:");
        foreach (string line in File.ReadLines(Path.Combine(settings.Directory, "console")).TakeLast(80))
            log.WriteLine($"         | {line}");
    }
}
