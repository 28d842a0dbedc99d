using System.Diagnostics;
using System.Text;

namespace Skiff.System.Tests;

/// <summary>A started program with captured output; never outlives its time-out or its owner.</summary>
public sealed class Command : IDisposable
{
    // On a busy machine what takes milliseconds may take many seconds.
    private static readonly TimeSpan s_defaultLimit = TimeSpan.FromSeconds(120);

    private readonly Process _process;
    private readonly string _line;
    private readonly Task<string> _out;
    private readonly Task<string> _error;
    private readonly StringBuilder _seen = new();

    private Command(Process process, string line)
    {
        _process = process;
        _line = line;
        _out = ReadOutputAsync();
        _error = process.StandardError.ReadToEndAsync();
    }

    /// <summary>The program's process id.</summary>
    public int Pid => _process.Id;

    /// <summary>Whether it has ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>What it has written to stdout so far.</summary>
    public string OutSoFar
    {
        get
        {
            lock (_seen) return _seen.ToString();
        }
    }

    /// <summary>The program's stdin.</summary>
    public StreamWriter Input => _process.StandardInput;

    /// <summary>Starts a program; its stdin is open until <see cref="Input"/> is closed.</summary>
    public static Command Start(
        string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string?>? environment = null)
    {
        var info = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>())
            info.Environment[name] = value;
        var process = Process.Start(info) ?? throw new InvalidOperationException($"{program} did not start");
        return new Command(process, $"{Path.GetFileName(program)} {string.Join(' ', info.ArgumentList)}");
    }

    /// <summary>Runs a program to its end and captures what it wrote.</summary>
    public static CommandResult Run(string program, params string[] arguments)
    {
        using var command = Start(program, arguments);
        return command.Finish();
    }

    /// <summary>Runs a shell script with positional arguments.</summary>
    public static CommandResult Shell(string script, params string[] arguments) =>
        Run("/bin/bash", ["-c", script, "bash", .. arguments]);

    /// <summary>The same with more environment.</summary>
    public static CommandResult Shell(
        string script, IReadOnlyDictionary<string, string?> environment, params string[] arguments)
    {
        using var command = Start("/bin/bash", ["-c", script, "bash", .. arguments], environment);
        return command.Finish();
    }

    /// <summary>
    /// Closes stdin and waits for the end of the program and of its output; a program that is still there (or a child
    /// that holds its pipes open) at the limit is killed with its children, and the test fails.
    /// </summary>
    public CommandResult Finish(string? input = null, TimeSpan? limit = null)
    {
        Feed(input);
        var deadline = Stopwatch.StartNew();
        var allowed = limit ?? s_defaultLimit;
        if (!_process.WaitForExit(allowed))
            GiveUp($"still running after {allowed.TotalSeconds} s");
        var rest = allowed - deadline.Elapsed;
        if (!Task.WaitAll([_out, _error], rest > TimeSpan.FromSeconds(2) ? rest : TimeSpan.FromSeconds(2)))
            GiveUp("ended, but something keeps its stdout or stderr open");
        return new CommandResult(_line, _process.ExitCode, _out.Result, _error.Result);
    }

    /// <summary>Whether it ends within this time.</summary>
    public bool EndsWithin(int timeMs) => _process.WaitForExit(timeMs);

    /// <summary>
    /// Waits until it has done all that it does by itself, or has ended: its threads sleep, and none has been awake for
    /// a while.
    /// </summary>
    public void WaitUntilIdle() => Wait.Until(() =>
    {
        string before = Threads();
        Thread.Sleep(300);
        return HasExited || (!before.Contains("awake", StringComparison.Ordinal) && Threads() == before);
    }, $"`{_line}` has nothing to do", 60);

    /// <summary>Kills it by SIGKILL; its children live on.</summary>
    public void Kill() => _process.Kill();

    /// <summary>Kills it and its children, if they are still there.</summary>
    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }

    private async Task<string> ReadOutputAsync()
    {
        char[] piece = new char[16 << 10];
        int count;
        while ((count = await _process.StandardOutput.ReadAsync(piece).ConfigureAwait(false)) > 0)
            lock (_seen) _seen.Append(piece, 0, count);
        return OutSoFar;
    }

    // How often each thread has gone to sleep (proc_pid_status(5)).
    private string Threads()
    {
        try
        {
            IEnumerable<string> lines = Directory.GetDirectories($"/proc/{Pid}/task")
                .SelectMany(task => File.ReadLines($"{task}/status"));
            return string.Join('\n', lines.Where(line => line.StartsWith("State:") || line.Contains("ctxt_switches"))
                .Select(line => line.StartsWith("State:") && !line.Contains("(sleeping)") ? "awake" : line));
        }
        catch (IOException)
        {
            return "awake"; // A thread has just ended.
        }
    }

    private void Feed(string? input)
    {
        try
        {
            if (input is not null)
                Input.Write(input);
            Input.Close();
        }
        catch (IOException)
        {
            // The program ended without reading all of its input; its exit code tells the story.
        }
    }

    private void GiveUp(string why)
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        var seen = _error.IsCompleted ? _error.Result : "(stderr still open)";
        Assert.Fail($"`{_line}`: {why}; stderr: {seen}");
    }
}
