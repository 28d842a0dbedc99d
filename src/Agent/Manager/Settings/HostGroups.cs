using System.Globalization;
using Skiff.Interop;

namespace Skiff.Agent.Manager.Settings;

/// <summary>The groups of /etc/group (group(5)). Those of other sources have to be named by their number.</summary>
internal static class HostGroups
{
    /// <summary>The number of a group, which may be one already.</summary>
    /// <exception cref="UsageException">There is none of that name.</exception>
    public static uint Find(string name)
    {
        if (uint.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out uint number)) return number;
        if (Files.TryReadAllText(Fd.Cwd, "/etc/group", out string text) == Errno.None)
            foreach (string line in text.Split('\n'))
                if (line.Split(':') is [var group, _, var id, ..] && group == name
                    && uint.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out uint gid)) return gid;
        throw new UsageException($"group \"{name}\" is not in /etc/group: name one that is there, or its number");
    }
}
