using System.Globalization;
using System.Text;
using Skiff.Agent.Manager;
using Skiff.Interop;

namespace Skiff.Agent.Containers;

/// <summary>Who a container's first process runs as.</summary>
internal sealed record ProcessUser(uint Uid, uint Gid, uint[] SupplementaryGroups, string Home)
{
    /// <summary>The same in more groups.</summary>
    public ProcessUser With(uint[] groups) =>
        groups.Length == 0 ? this : this with { SupplementaryGroups = [.. SupplementaryGroups.Union(groups)] };
}

/// <summary>
/// Resolves <c>user[:group]</c> against the image's own passwd(5) and group(5), as Docker does: names must exist there,
/// numbers need not; without a group the user's primary and supplementary groups apply.
/// </summary>
internal static class ImageUsers
{
    private const int FileLimitBytes = 4 << 20;

    /// <summary>Resolves <paramref name="spec"/> inside the mounted <paramref name="rootfs"/>.</summary>
    /// <exception cref="UsageException">A name is unknown to the image.</exception>
    public static ProcessUser Resolve(Fd rootfs, string spec, IReadOnlyList<string> groupAdd)
    {
        string[] passwd = ReadLines(rootfs, "etc/passwd");
        string[] groups = ReadLines(rootfs, "etc/group");
        return Resolve(passwd, groups, spec, groupAdd);
    }

    /// <summary>As the other form, on the lines of the two files.</summary>
    public static ProcessUser Resolve(string[] passwd, string[] groups, string spec, IReadOnlyList<string> groupAdd)
    {
        int colon = spec.IndexOf(':');
        string userName = colon < 0 ? spec : spec[..colon];
        string groupName = colon < 0 ? "" : spec[(colon + 1)..];
        if (userName.Length == 0) userName = "0";

        string[]? entry = FindByNameOrNumber(passwd, userName, fieldCount: 7);
        bool numeric = TryId(userName, out uint uid);
        if (entry is null && !numeric)
            throw new UsageException($"unable to find user {userName}: no matching entries in passwd file", 125);
        uint gid = 0;
        string home = "/";
        if (entry is not null)
        {
            TryId(entry[2], out uid);
            TryId(entry[3], out gid);
            home = entry[5].Length > 0 ? entry[5] : "/";
        }

        var supplementary = new SortedSet<uint>();
        if (groupName.Length > 0) gid = GroupId(groups, groupName);
        else if (entry is not null) AddMemberships(groups, entry[0], supplementary);
        foreach (string name in groupAdd) supplementary.Add(GroupId(groups, name));
        // As Docker: without it, dropping a group by newgrp would open what is closed to that group (CVE-2022-36109).
        supplementary.Add(gid);
        return new ProcessUser(uid, gid, [.. supplementary], home);
    }

    private static uint GroupId(string[] groups, string name)
    {
        if (FindByNameOrNumber(groups, name, fieldCount: 4) is { } entry && TryId(entry[2], out uint gid)) return gid;
        return TryId(name, out gid)
            ? gid
            : throw new UsageException($"unable to find group {name}: no matching entries in group file", 125);
    }

    private static void AddMemberships(string[] groups, string user, SortedSet<uint> ids)
    {
        foreach (string line in groups)
        {
            string[] fields = line.Split(':');
            if (fields.Length >= 4 && Array.IndexOf(fields[3].Split(','), user) >= 0
                && TryId(fields[2], out uint gid)) ids.Add(gid);
        }
    }

    // A name wins over a number, so that a user called "1000" is found by its name first.
    private static string[]? FindByNameOrNumber(string[] lines, string key, int fieldCount)
    {
        string[]? byNumber = null;
        bool numeric = TryId(key, out uint id);
        foreach (string line in lines)
        {
            string[] fields = line.Split(':');
            if (fields.Length < fieldCount) continue;
            if (fields[0] == key) return fields;
            if (numeric && byNumber is null && TryId(fields[2], out uint candidate) && candidate == id) byNumber =
                fields;
        }
        return byNumber;
    }

    private static bool TryId(string text, out uint id) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out id) && id <= int.MaxValue;

    private static string[] ReadLines(Fd rootfs, string path)
    {
        Errno errno = RootTree.TryLocate(rootfs, path, out Fd? location);
        if (errno is Errno.ENOENT or Errno.ENOTDIR or Errno.ELOOP) return [];
        if (errno != Errno.None) throw new LinuxException(errno, "openat2", "/" + path,
            "looking up the user in the image");
        using (location)
        {
            // Opening a device has effects, and this process may use all of them; a pipe would have no end.
            if (!Files.Stat(location!).IsRegular) return [];
            using Fd fd = Files.Open($"/proc/self/fd/{location!.Number}", OpenFlags.O_RDONLY);
            byte[] buffer = new byte[16 << 10];
            int length = 0;
            for (int count; (count = Files.Read(fd, buffer.AsSpan(length))) > 0;)
            {
                length += count;
                if (length > FileLimitBytes) throw new UsageException(
                    $"the image's /{path} is larger than {FileLimitBytes} bytes", 126);
                if (length == buffer.Length) Array.Resize(ref buffer, buffer.Length * 2);
            }
            return Encoding.UTF8.GetString(buffer, 0, length).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        }
    }
}
