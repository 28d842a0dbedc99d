using System.Text;
using Skiff.Interop.Processes;
using Skiff.Interop.Syscalls;

namespace Skiff.Interop.Tests.Processes;

/// <summary>Small launches that several tests need.</summary>
internal static class Run
{
    internal static (string Output, ExitStatus Status) Captured(
        string path, string[] arguments, string[] environment, Action<LaunchProgram>? before = null,
            LaunchOptions? options = null)
    {
        var (read, write) = Pipe();
        using (read)
        {
            LaunchedProcess child;
            using (write)
            using (var program = new LaunchProgram())
            {
                program.Dup3(write, 1);
                program.CloseRange(3, onExec: true);
                before?.Invoke(program);
                program.ResetSignals();
                program.ExecVe(path, arguments, environment);
                child = Launcher.Start(program, options);
            }
            using (child) return (ReadToEnd(read), child.PidFd.Wait());
        }
    }

    internal static unsafe (Fd Read, Fd Write) Pipe()
    {
        int* ends = stackalloc int[2];
        Assert.Equal(0, Tmds.Linux.LibC.pipe2(ends, (int)OpenFlags.O_CLOEXEC));
        return (new Fd(ends[0]), new Fd(ends[1]));
    }

    internal static string ReadToEnd(Fd fd)
    {
        var text = new StringBuilder();
        var buffer = new byte[4096];
        for (int n; (n = Files.Read(fd, buffer)) > 0;) text.Append(Encoding.UTF8.GetString(buffer, 0, n));
        return text.ToString();
    }

    /// <summary>Children of this process that ended and were not reaped.</summary>
    internal static List<int> ZombieChildren()
    {
        var zombies = new List<int>();
        foreach (string task in Directory.GetDirectories("/proc/self/task"))
        {
            string[] children = File.ReadAllText($"{task}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries);
            foreach (string child in children)
                if (File.Exists($"/proc/{child}/stat")
                    && File.ReadAllText($"/proc/{child}/stat").Contains(") Z ")) zombies.Add(int.Parse(child));
        }
        return zombies;
    }
}
