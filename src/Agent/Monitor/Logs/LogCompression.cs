using Skiff.Interop;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Monitor.Logs;

/// <summary>
/// Compresses full log files one after the other, each by a process of its own (<see cref="LogCompressor"/>), so that
/// neither the container's output waits for it nor the monitor keeps the memory that it takes. The compressed file
/// takes the other one's place when it is complete; what fails stays as it is.
/// </summary>
/// <param name="path">The log, see <see cref="LogFileNames"/>.</param>
internal sealed class LogCompression(string path) : IDisposable
{
    private const int SIGKILL = 9;

    private readonly Queue<long> _waiting = new();
    private LaunchedProcess? _process;
    private string _file = "";

    /// <summary>Readable when the process that is running has ended; null when there is none.</summary>
    public Fd? Running => _process?.PidFd.Fd;

    /// <summary>Has a full file compressed.</summary>
    public void Add(long number)
    {
        _waiting.Enqueue(number);
        StartNext();
    }

    /// <summary>Goes on with the next file when the process has ended.</summary>
    public void Check()
    {
        if (_process is null || !_process.PidFd.TryWait(out ExitStatus status)) return;
        End(isGood: status.ShellCode == 0);
        StartNext();
    }

    /// <summary>Breaks off what is being compressed: the next monitor begins anew.</summary>
    public void Dispose()
    {
        if (_process is null) return;
        _process.PidFd.TrySendSignal(SIGKILL);
        _process.PidFd.Wait();
        End(isGood: false);
    }

    private void End(bool isGood)
    {
        string unfinished = Target(_file) + LogFileNames.Unfinished;
        // The file has gone if the ring was faster.
        if (isGood && Files.Exists(_file)
            && Files.TryRenameAt(Fd.Cwd, unfinished, Fd.Cwd, Target(_file)) == Errno.None)
            Files.TryUnlinkAt(Fd.Cwd, _file);
        else Files.TryUnlinkAt(Fd.Cwd, unfinished);
        _process!.Dispose();
        _process = null;
    }

    private void StartNext()
    {
        while (_process is null && _waiting.TryDequeue(out long number))
        {
            _file = LogFileNames.Full(path, number);
            if (Files.TryOpenAt(Fd.Cwd, _file, OpenFlags.O_RDONLY, 0, out Fd? source) != Errno.None) continue;
            using (source) Start(source!);
        }
    }

    // Without room, or without a process, the file stays as it is.
    private void Start(Fd source)
    {
        string unfinished = Target(_file) + LogFileNames.Unfinished;
        try
        {
            using Fd target = Files.Open(unfinished,
                OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_TRUNC, 0x1A0);
            using Fd nothing = Files.Open("/dev/null", OpenFlags.O_RDWR);
            // A monitor is executed from a read-only mount: see MonitorSpawner.
            using Fd self = Files.Open("/proc/self/exe", OpenFlags.O_PATH);
            _process = Spawn.Start(new SpawnRequest
            {
                Program = self, Path = "skiff " + LogCompressor.Verb, Arguments = ["skiff", LogCompressor.Verb],
                Descriptors = [source, target, nothing],
            });
        }
        catch (LinuxException)
        {
            Files.TryUnlinkAt(Fd.Cwd, unfinished);
        }
    }

    private static string Target(string file) => file + LogFileNames.Compressed;
}
