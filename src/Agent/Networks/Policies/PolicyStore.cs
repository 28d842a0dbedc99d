using Skiff.Agent.Manager;
using Skiff.Interop;

namespace Skiff.Agent.Networks.Policies;

/// <summary>The durable policies, as they were written: ROOT/networks/policies/NAME.yaml.</summary>
internal sealed class PolicyStore(StateRoots roots)
{
    private const string Suffix = ".yaml";

    private readonly string _directory = roots.Root + "/networks/policies";

    /// <summary>Whether there is any: one question to the kernel where there never was.</summary>
    public bool Any => StateFile.Names(_directory).Exists(IsPolicy);

    /// <summary>All policies, by name.</summary>
    /// <exception cref="UsageException">One is damaged.</exception>
    public List<NetworkPolicy> List()
    {
        var policies = new List<NetworkPolicy>();
        foreach (string file in StateFile.Names(_directory).FindAll(IsPolicy))
            if (Find(file[..^Suffix.Length]) is { } policy) policies.Add(policy);
        policies.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        return policies;
    }

    /// <summary>The policy called so; null when there is none.</summary>
    public NetworkPolicy? Find(string name)
    {
        if (name.Contains('/')) return null;
        string path = PathOf(name);
        if (StateFile.TryRead(path) is not { } source) return null;
        try
        {
            return PolicyReader.Read(source)[0];
        }
        catch (UsageException e)
        {
            throw new UsageException($"policy {path} is damaged: {e.Message}");
        }
    }

    /// <summary>Remembers a policy durably; one of the same name is replaced.</summary>
    public void Write(NetworkPolicy policy)
    {
        Files.MakeDirectories(_directory);
        AtomicFile.Replace(PathOf(policy.Name), policy.Source, durable: true);
    }

    /// <summary>Makes durable what is there; fine when there is nothing.</summary>
    public void Flush()
    {
        if (Files.Exists(_directory)) AtomicFile.SyncDirectory(_directory);
    }

    /// <summary>Forgets a policy durably; fine when there is none.</summary>
    public void Delete(string name)
    {
        Errno errno = Files.TryUnlinkAt(Fd.Cwd, PathOf(name));
        if (errno == Errno.ENOENT) return;
        if (errno != Errno.None) throw new LinuxException(errno, "unlinkat", PathOf(name));
        AtomicFile.SyncDirectory(_directory);
    }

    private string PathOf(string name) => $"{_directory}/{name}{Suffix}";

    // What replaces a file is beside it for a moment, under another name.
    private static bool IsPolicy(string file) => file.EndsWith(Suffix, StringComparison.Ordinal) && file[0] != '.';
}
