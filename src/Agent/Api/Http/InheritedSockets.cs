using Skiff.Agent.Manager;
using Skiff.Interop;

namespace Skiff.Agent.Api.Http;

/// <summary>
/// Listening sockets that systemd has opened and handed over (sd_listen_fds(3)): descriptors from 3 on, each with a
/// name.
/// </summary>
internal static class InheritedSockets
{
    private const int First = 3;

    private static readonly Lazy<List<(string Name, Fd Socket)>> s_all = new(Take);

    /// <summary>Those of one name, or all of them. The agent keeps them, so that a reload can use them again.</summary>
    /// <exception cref="UsageException">There are none.</exception>
    public static List<Fd> Open(string name)
    {
        List<Fd> sockets = [];
        foreach (var (its, socket) in s_all.Value)
            if (name.Length == 0 || its == name) sockets.Add(Files.Dup(socket));
        return sockets.Count > 0 ? sockets : throw new UsageException($"fd://{name}: systemd has handed over no "
            + (name.Length > 0 ? "socket of that name (FileDescriptorName=)" : "socket: start skiff-agent.socket"));
    }

    // As descriptors that no program inherits from us.
    private static List<(string Name, Fd Socket)> Take()
    {
        List<(string, Fd)> all = [];
        if (ServiceManager.Number("LISTEN_PID") != Environment.ProcessId) return all;
        string[] names = (Environment.GetEnvironmentVariable("LISTEN_FDNAMES") ?? "").Split(':');
        for (int i = 0; i < ServiceManager.Number("LISTEN_FDS"); i++)
        {
            using var inherited = new Fd(First + i);
            all.Add((i < names.Length ? names[i] : "", Files.Dup(inherited)));
        }
        return all;
    }
}
