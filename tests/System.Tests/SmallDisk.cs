namespace Skiff.System.Tests;

/// <summary>
/// An engine whose durable root is alone on a small ext4 filesystem (a loop device on a file), so that a test can fill
/// it. Disposing removes everything; what then is still there fails the test.
/// </summary>
public sealed class SmallDisk : IDisposable
{
    private readonly SkiffHost _host;
    private readonly string _folder;
    private readonly string? _store;
    private int _fillers;

    /// <param name="host">Whose binary and registry it uses.</param>
    /// <param name="store">erofs or overlay; null leaves it to the engine.</param>
    /// <param name="kibibytes">Size of the filesystem.</param>
    /// <param name="mkfs">Further options of mkfs.ext4.</param>
    public SmallDisk(SkiffHost host, string? store, int kibibytes = 64 << 10, params string[] mkfs)
    {
        (_host, _store) = (host, store);
        _folder = host.NewFolder();
        Directory.CreateDirectory(Disk);
        // No blocks are kept for root, who does everything here.
        Command.Shell($"mkfs.ext4 -q -m 0 {string.Join(' ', mkfs)} {_folder}/image {kibibytes}k "
            + $"&& mount -o loop {_folder}/image {Disk}").Exits(0);
    }

    /// <summary>The mount point.</summary>
    public string Disk => Path.Combine(_folder, "disk");

    /// <summary>The durable root.</summary>
    public string Root => Path.Combine(Disk, "root");

    /// <summary>The volatile root, on another filesystem; another one is what a boot makes of it.</summary>
    public string RunRoot { get; set; } = "";

    /// <summary>The pieces of the reserve that are there.</summary>
    public int ReservePieces => Count("reserve");

    /// <summary>How many entries a directory of the root has.</summary>
    public int Count(string folder) => Entries(folder).Length;

    /// <summary>The entries of a directory of the root; none when it is missing.</summary>
    public string[] Entries(string folder)
    {
        string path = Path.Combine(Root, folder);
        return Directory.Exists(path) ? Directory.GetFileSystemEntries(path) : [];
    }

    /// <summary>Runs the binary on this disk.</summary>
    public CommandResult Run(params string[] arguments)
    {
        using var command = Start(arguments);
        return command.Finish();
    }

    /// <summary>Starts the binary on this disk.</summary>
    public Command Start(params string[] arguments) => Command.Start(_host.Binary, arguments, Variables());

    /// <summary>The variables that point the binary at this disk.</summary>
    public Dictionary<string, string?> Variables() => new()
    {
        ["SKIFF_ROOT"] = Root,
        ["SKIFF_RUN_ROOT"] = RunRoot.Length > 0 ? RunRoot : Path.Combine(_folder, "run"),
        ["SKIFF_SNAPSHOTTER"] = _store,
    };

    /// <summary>Takes all blocks, to the last one.</summary>
    public void Fill()
    {
        Directory.CreateDirectory(Path.Combine(Disk, "filler"));
        foreach (string size in (string[])["1M", "4k", "1k"])
            Command.Shell($"dd if=/dev/zero of={Filler(_fillers++)} bs={size} 2>/dev/null; sync {Disk}");
        Assert.Equal(0, Free("a"));
    }

    /// <summary>Takes all inodes, and leaves blocks.</summary>
    public void FillInodes()
    {
        Directory.CreateDirectory(Path.Combine(Disk, "filler"));
        try
        {
            while (true) File.Create(Filler(_fillers++)).Dispose();
        }
        catch (IOException)
        {
            // That was the last one.
        }
        Assert.Equal(0, Free("d"));
    }

    /// <summary>Takes all blocks, or inodes, but so many.</summary>
    public void Leave(int free, string what)
    {
        Directory.CreateDirectory(Path.Combine(Disk, "filler"));
        if (what == "inodes")
        {
            for (long left = Free("d"); left > free; left--) File.Create(Filler(_fillers++)).Dispose();
        }
        else
        {
            // Reserving is quick but fails when a filler's own extents do not fit beside it; the rest is written.
            string block = Command.Shell($"stat -f -c %S {Disk}").Text();
            long bulk = Free("a") - free - 32;
            if (bulk > 0) Command.Shell($"fallocate -l $(({bulk} * {block})) {Filler(_fillers++)}").Exits(0);
            for (long left = Free("a"); left > free; left = Free("a"))
                Command.Shell($"dd if=/dev/zero of={Filler(_fillers++)} bs={block} count={left - free} conv=fsync");
        }
    }

    /// <summary>
    /// Runs the binary and lets the Nth of its calls that store something below the root fail with an errno, or be the
    /// last thing it does; see tests/faults. Also tells which call it was; "-" when there were not so many.
    /// </summary>
    public (CommandResult Result, string Fault) RunWithFault(int number, string action, params string[] arguments)
    {
        string report = Path.Combine(_folder, "report");
        using var command = Command.Start(
            _host.Faults, [Root, report, number.ToString(), action, _host.Binary, .. arguments], Variables());
        CommandResult result = command.Finish();
        return (result, File.ReadAllText(report).TrimEnd('\n').Split(' ', 2)[1].Replace("- -", "-"));
    }

    /// <summary>Takes away what <see cref="Fill"/>, <see cref="FillInodes"/> and <see cref="Leave"/> made.</summary>
    public void Empty()
    {
        if (Directory.Exists(Path.Combine(Disk, "filler"))) Directory.Delete(Path.Combine(Disk, "filler"), true);
        Command.Shell($"sync {Disk}").Exits(0);
    }

    public void Dispose()
    {
        var ids = Run("ps", "-aq").Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (ids.Length > 0) Run(["rm", "-f", "-v", .. ids]);
        Run("system", "release");
        var left = HostState.MountsBelow(_folder).Where(path => path != Disk).ToList();
        HostState.Unmount(_folder, []);
        Directory.Delete(_folder, recursive: true);
        Assert.True(left.Count == 0, $"still mounted:\n{string.Join('\n', left)}");
    }

    private long Free(string what) => long.Parse(Command.Shell($"stat -f -c %{what} {Disk}").Text());

    private string Filler(int number) => Path.Combine(Disk, "filler", number.ToString());
}
