using System.Globalization;
using Skiff.Agent.Manager;
using Skiff.Agent.Networks;
using Skiff.Agent.Rootless;
using Skiff.Interop;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Containers;

/// <summary>
/// Which ids of the host a container with a user namespace gets, from what /etc/subuid and /etc/subgid give to skiff or
/// dockremap. The first 65536 are for <c>remap</c>, which all its containers share; <c>auto</c> has the rest, of which
/// each container leases a range of its own for as long as it exists: <c>ROOT/userns/START-COUNT</c> names it.
/// </summary>
internal static class UserRanges
{
    /// <summary>How many ids <c>remap</c> has, and <c>auto</c> unless it is told otherwise.</summary>
    public const uint DefaultSize = 65536;

    // START:COUNT, on hosts without these files.
    private const string Variable = "SKIFF_SUBIDS";

    private static readonly string[] s_owners = ["skiff", "dockremap"];

    /// <summary>The configuration with its maps. Until the container's record is written the caller holds
    /// <paramref name="turn"/>, so that no other one gets the same range.</summary>
    /// <exception cref="UsageException">There are no ids, or none left.</exception>
    public static ContainerConfig Assign(ContainerConfig config, ContainerStore store, string root, out FileLock? turn)
    {
        turn = null;
        if (config.UsernsMode is "" or "host") return config;
        if (RootlessMode.IsOn) throw new UsageException($"--userns {config.UsernsMode} needs root: rootless containers "
            + "are in the user's own namespace already", 125);
        List<IdRange> pool = Pool();
        if (config.UsernsMode == "remap")
        {
            string map = $"0:{pool[0].Outside}:{Math.Min(DefaultSize, pool[0].Count)}";
            return config with { UidMap = map, GidMap = map };
        }
        AutoUserns auto = AutoUserns.Parse(config.UsernsMode);
        string directory = Path.Combine(root, "userns");
        turn = StateFile.Lock(Path.Combine(directory, ".lock"));
        try
        {
            uint start = Free(pool, Leases(directory, store), auto.Size);
            string lease = Path.Combine(directory, $"{start}-{auto.Size}");
            Errno errno = Files.TrySymlinkAt(config.Id, Fd.Cwd, lease);
            if (errno != Errno.None) throw new LinuxException(errno, "symlink", lease, "leasing a range of ids");
            return config with
            {
                UidMap = auto.Map(start, auto.Users).ToString(), GidMap = auto.Map(start, auto.Groups).ToString(),
            };
        }
        catch
        {
            turn.Dispose();
            throw;
        }
    }

    // Those of containers that are gone, or never came to be, are given back here.
    private static List<(uint Start, uint Count)> Leases(string directory, ContainerStore store)
    {
        var leases = new List<(uint Start, uint Count)>();
        foreach (string name in StateFile.Names(directory))
        {
            int dash = name.IndexOf('-');
            string path = Path.Combine(directory, name);
            if (dash <= 0 || !Files.TryReadLink(path, out string id)) continue;
            if (Files.Exists(store.Directory(id))) leases.Add((Number(name[..dash]), Number(name[(dash + 1)..])));
            else Files.TryUnlinkAt(Fd.Cwd, path);
        }
        leases.Sort();
        return leases;
    }

    private static uint Free(List<IdRange> pool, List<(uint Start, uint Count)> leases, uint size)
    {
        uint reserved = DefaultSize;
        foreach (IdRange range in pool)
        {
            uint skipped = Math.Min(reserved, range.Count), end = range.Outside + range.Count;
            uint start = range.Outside + skipped;
            reserved -= skipped;
            foreach (var lease in leases)
                if (lease.Start < start + size && start < lease.Start + lease.Count) start = lease.Start + lease.Count;
            if (start <= end && end - start >= size) return start;
        }
        throw new UsageException($"--userns: no {size} user ids are left: remove containers that have some, or give "
            + "skiff more in /etc/subuid and /etc/subgid", 125);
    }

    private static List<IdRange> Pool()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } given)
            return [OfText($"skiff:{given}", "skiff") ?? throw new UsageException(
                $"{Variable}: \"{given}\" is no START:COUNT of ids above 0", 125)];
        foreach (string owner in s_owners)
        {
            List<IdRange> users = Read("/etc/subuid", owner), groups = Read("/etc/subgid", owner);
            if (users.Count == 0) continue;
            if (!users.SequenceEqual(groups)) throw new UsageException(
                $"--userns: /etc/subuid and /etc/subgid give {owner} different ranges: they have to be the same", 125);
            return users;
        }
        throw new UsageException("--userns: no user ids to map to: add a line such as skiff:1000000:1048576 to "
            + "/etc/subuid and to /etc/subgid", 125);
    }

    private static List<IdRange> Read(string path, string owner)
    {
        var ranges = new List<IdRange>();
        if (Files.TryReadAllBytes(Fd.Cwd, path, out byte[] bytes) != Errno.None) return ranges;
        foreach (string line in System.Text.Encoding.UTF8.GetString(bytes).Split('\n'))
        {
            if (OfText(line.Trim(), owner) is { } range) ranges.Add(range);
        }
        return ranges;
    }

    // A range with the host's root would be none.
    private static IdRange? OfText(string line, string owner)
    {
        string[] fields = line.Split(':');
        if (fields.Length != 3 || fields[0] != owner) return null;
        uint start = Number(fields[1]), count = Number(fields[2]);
        return start > 0 && count > 0 && (ulong)start + count <= uint.MaxValue ? new IdRange(0, start, count) : null;
    }

    private static uint Number(string text) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint number) ? number : 0;
}
