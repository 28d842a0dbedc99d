using System.Text;
using Skiff.Agent.Manager;
using Skiff.Interop;
using Skiff.Interop.Processes;

namespace Skiff.Agent.RuntimeSpec;

/// <summary>
/// Runs hooks one after the other, with the state on standard input (runtime specification, "POSIX-platform Hooks").
/// What one writes goes into the error that its failure is.
/// </summary>
internal static class HookRunner
{
    private const int MostOutputBytes = 4096;

    /// <summary>Runs hooks; the first failure ends it.</summary>
    /// <param name="kind">The specification's word, for errors.</param>
    /// <param name="hooks">The hooks.</param>
    /// <param name="state">The container's state.</param>
    /// <param name="prepare">Steps that bring the child to where the hook runs; null for here.</param>
    /// <exception cref="UsageException">One failed, or took too long.</exception>
    public static void Run(string kind, HookEntry[] hooks, byte[] state, Action<LaunchProgram>? prepare = null)
    {
        for (int i = 0; i < hooks.Length; i++)
        {
            string what = $"{kind} hook {i} ({hooks[i].Path})";
            try
            {
                RunOne(hooks[i], what, state, prepare);
            }
            catch (LinuxException e)
            {
                throw e.While(what);
            }
        }
    }

    private static void RunOne(HookEntry hook, string what, byte[] state, Action<LaunchProgram>? prepare)
    {
        (Fd input, Fd output) = (Files.MemoryFile("state"), Files.MemoryFile("hook"));
        using (input)
        using (output)
        {
            Files.WriteAll(input, state);
            Files.Seek(input, 0);
            using LaunchedProcess process = Start(hook, input, output, prepare);
            if (Files.Poll(process.PidFd.Fd, PollEvents.POLLIN, hook.TimeoutMs) == PollEvents.None)
            {
                process.PidFd.TrySendSignal(Signals.SIGKILL);
                process.PidFd.Wait();
                throw new UsageException($"{what}: still running after its timeout of {hook.TimeoutMs / 1000} s");
            }
            ExitStatus status = process.PidFd.Wait();
            if (status.Signal != 0 || status.Code != 0)
                throw new UsageException($"{what}: ended by {status}{Said(output)}");
        }
    }

    private static LaunchedProcess Start(HookEntry hook, Fd input, Fd output, Action<LaunchProgram>? prepare)
    {
        using var program = new LaunchProgram();
        prepare?.Invoke(program);
        program.SetSid();
        program.Dup3(input, 0);
        program.Dup3(output, 1);
        program.Dup3(output, 2);
        program.CloseRange(3, onExec: true);
        program.ResetSignals();
        program.ExecVe(hook.Path, hook.Args, hook.Env);
        return Launcher.Start(program);
    }

    private static string Said(Fd output)
    {
        byte[] bytes = new byte[MostOutputBytes];
        int count = Files.PRead(output, bytes, 0);
        string text = Encoding.UTF8.GetString(bytes, 0, count).Trim();
        return text.Length == 0 ? "" : $": {text}";
    }
}
