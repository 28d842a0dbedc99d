using System.Collections;

namespace Skiff.Interop.Processes;

/// <summary>Starts programs of the host, such as the monitor, by the same launch programs as containers.</summary>
public static class Spawn
{
    /// <summary>Starts the program with default signals and exactly the descriptors that were asked for.</summary>
    public static LaunchedProcess Start(SpawnRequest request)
    {
        using var program = new LaunchProgram();
        int count = request.Descriptors.Count;
        if (request.NewSession) program.SetSid();
        if (request.WorkingDirectory is { } directory) program.Chdir(directory);
        StepArgument file = request.Program is { } fd ? program.DupAbove(fd, count) : Fd.Cwd;
        MapDescriptors(program, request.Descriptors);
        // Marked rather than closed: the program's own descriptor must live until exec.
        program.CloseRange((uint)count, onExec: true);
        program.ResetSignals();
        if (request.Program is null) program.ExecVe(request.Path, request.Arguments, request.Environment);
        else program.ExecFd(file, request.Path, request.Arguments, request.Environment);
        // The files of /proc/PID belong to the host's root while memory is protected, and for a moment after. Whoever
        // asks for a new user namespace is to write the child's maps there; nobody else is in it yet.
        return Launcher.Start(program, new LaunchOptions
        {
            Cgroup = request.Cgroup, Namespaces = request.Namespaces,
            ProtectMemory = (request.Namespaces & CloneFlags.CLONE_NEWUSER) == 0,
        });
    }

    /// <summary>This process's environment, <c>NAME=value</c> each.</summary>
    public static List<string> Environment()
    {
        List<string> variables = [];
        foreach (DictionaryEntry variable in System.Environment.GetEnvironmentVariables())
            variables.Add($"{variable.Key}={variable.Value}");
        return variables;
    }

    // Copies first go above all targets, so that no target overwrites a source that is still needed.
    private static void MapDescriptors(LaunchProgram program, IReadOnlyList<Fd> descriptors)
    {
        var copies = new LaunchStep[descriptors.Count];
        for (int i = 0; i < copies.Length; i++) copies[i] = program.DupAbove(descriptors[i], copies.Length);
        for (int i = 0; i < copies.Length; i++) program.Dup3(copies[i], i);
    }
}
