using Skiff.Agent.Manager;
using Skiff.Interop;
using Skiff.Interop.Processes;
using Skiff.Layers.Snapshots;

namespace Skiff.Agent.Rootless;

/// <summary>
/// Skiff for a user who is not root: each verb executes the program again inside one user namespace, which all of the
/// user's verbs, monitors and containers share, and in which the user is root (docs/decisions/021).
/// </summary>
internal static class RootlessMode
{
    /// <summary>Set for programs inside: the user's volatile directory.</summary>
    public const string Variable = "SKIFF_ROOTLESS";

    private static uint? s_lastGroup;

    /// <summary>Whether this process is inside.</summary>
    public static bool IsOn => Directory.Length > 0;

    /// <summary>The user's volatile directory, which does not depend on --run-root; empty outside.</summary>
    public static string Directory { get; private set; } = "";

    /// <summary>The highest group of the namespace; 0 when it has one id alone and setgroups(2) is denied.</summary>
    public static uint LastGroup => s_lastGroup ??= LastOf("/proc/self/gid_map");

    /// <summary>What comes first in every process: finds out whether it is inside.</summary>
    public static void Begin()
    {
        if (Environment.GetEnvironmentVariable(Variable) is not { Length: > 0 } directory) return;
        // The variable alone says nothing: the host's root may have inherited it.
        if (LastOf("/proc/self/uid_map") == uint.MaxValue - 1) return;
        Directory = directory;
        OverlayMarks.UseUserAttributes();
    }

    /// <summary>Goes inside, unless this is root's process or it is inside: does not return then.</summary>
    /// <param name="warn">Told what will not work.</param>
    /// <exception cref="UsageException">The host does not let this user have a namespace, or directories.</exception>
    public static void Enter(Action<string> warn)
    {
        uint user = ProcessIds.EffectiveUser;
        if (user == 0) return;
        string directory = UserDirectories.Volatile(user);
        using Fd space = UserNamespaceHolder.Find(directory, user, warn);
        List<string> environment = Spawn.Environment();
        environment.Add($"{Variable}={directory}");
        if (Environment.GetEnvironmentVariable("SKIFF_RUN_ROOT") is null or "")
            environment.Add($"SKIFF_RUN_ROOT={directory}");
        if (Environment.GetEnvironmentVariable("SKIFF_ROOT") is null or "")
            environment.Add($"SKIFF_ROOT={UserDirectories.Durable()}");
        HeldUserNamespace.ExecuteInside(space, environment);
    }

    private static uint LastOf(string map)
    {
        uint last = 0;
        foreach (string line in Files.ReadAllText(map).Split('\n'))
            if (line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var first, _, var count])
                last = Math.Max(last, (uint)(ulong.Parse(first) + ulong.Parse(count) - 1));
        return last;
    }
}
