using System.Text;
using Skiff.Agent.Manager;
using Skiff.Interop;

namespace Skiff.Agent.Networks.Policies;

/// <summary>
/// Which names' answers open the way for a container, for its resolver: RUNROOT/networks/dns-rules/CONTAINERID has a
/// line for each rule, the set and the patterns. Most containers have none.
/// </summary>
internal sealed class DnsRules(StateRoots roots)
{
    private readonly string _directory = roots.RunRoot + "/networks/dns-rules";

    /// <summary>Whether a container has any: one question to the kernel.</summary>
    public bool Has(string containerId) => Files.Exists($"{_directory}/{containerId}");

    /// <summary>The lines of a container; none for one without such rules.</summary>
    public string[] Read(string containerId) => StateFile.TryRead($"{_directory}/{containerId}") is { } content
        ? Encoding.UTF8.GetString(content).Split('\n', StringSplitOptions.RemoveEmptyEntries) : [];

    /// <summary>Writes those of all containers.</summary>
    /// <param name="policies">The policies.</param>
    /// <param name="members">All endpoints.</param>
    public void Write(IReadOnlyList<NetworkPolicy> policies, IEnumerable<PolicyMember> members)
    {
        Dictionary<string, string> wanted = Wanted(policies, members);
        foreach (string containerId in StateFile.Names(_directory))
            if (!wanted.ContainsKey(containerId)) Delete(containerId);
        Write(wanted);
    }

    /// <summary>Writes those of containers that come, and forgets those of others that go.</summary>
    public void Change(
        IReadOnlyList<NetworkPolicy> policies, IReadOnlyList<PolicyMember> joined, IReadOnlyList<PolicyMember> left)
    {
        foreach (PolicyMember member in left) Delete(member.ContainerId);
        Write(Wanted(policies, joined));
    }

    private static Dictionary<string, string> Wanted(
        IReadOnlyList<NetworkPolicy> policies, IEnumerable<PolicyMember> members)
    {
        var wanted = new Dictionary<string, string>();
        foreach (NetworkPolicy policy in policies)
            if (policy.HasEgress && Array.Exists(policy.Egress, static rule =>
                Array.Exists(rule.Peers, static peer => peer.DnsNames.Length > 0)))
                foreach (string containerId in members.Where(policy.Selects).Select(member => member.ContainerId)
                    .Distinct())
                    wanted[containerId] = wanted.GetValueOrDefault(containerId) + LinesOf(policy);
        return wanted;
    }

    private void Write(Dictionary<string, string> wanted)
    {
        foreach ((string containerId, string lines) in wanted)
        {
            byte[] content = Encoding.UTF8.GetBytes(lines);
            string path = $"{_directory}/{containerId}";
            if (StateFile.TryRead(path) is { } there && there.AsSpan().SequenceEqual(content)) continue;
            Files.MakeDirectories(_directory);
            AtomicFile.Replace(path, content, durable: false);
        }
    }

    private void Delete(string containerId)
    {
        Errno errno = Files.TryUnlinkAt(Fd.Cwd, $"{_directory}/{containerId}");
        if (errno is not (Errno.None or Errno.ENOENT))
            throw new LinuxException(errno, "unlinkat", $"{_directory}/{containerId}");
    }

    private static string LinesOf(NetworkPolicy policy)
    {
        var lines = new StringBuilder();
        for (int i = 0; i < policy.Egress.Length; i++)
        {
            string names = string.Join(' ', policy.Egress[i].Peers.SelectMany(peer => peer.DnsNames));
            if (names.Length > 0)
                lines.Append($"{PolicyNames.Dns(policy.Name, PolicyDirection.Egress, i)} {names}\n");
        }
        return lines.ToString();
    }
}
