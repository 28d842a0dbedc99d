using System.Net;
using Skiff.Agent.Manager;
using Skiff.Interop;

namespace Skiff.Agent.Networks;

/// <summary>
/// Who is called what in a network: RUNROOT/networks/ID/names/NAME/CONTAINERID is a symlink to the addresses, joined by
/// commas. A name is found by opening one directory, however many containers there are. The default bridge has none, as
/// with Docker.
/// </summary>
internal sealed class NameDirectory(StateRoots roots, string networkId)
{
    private const int LongestName = 253; // RFC 1035 section 2.3.4, as text.

    private readonly string _directory = $"{roots.RunRoot}/networks/{networkId}/names";

    /// <summary>Gives a container its names.</summary>
    public void Add(Endpoint endpoint)
    {
        string addresses = string.Join(',', endpoint.Addresses);
        if (addresses.Length == 0) return; // Its lease has ended.
        foreach (string name in Usable(endpoint.Names)) Add(name, endpoint.ContainerId, addresses);
    }

    /// <summary>Takes them back; fine when they are gone.</summary>
    public void Remove(Endpoint endpoint)
    {
        foreach (string name in Usable(endpoint.Names))
        {
            Unlink($"{_directory}/{name}/{endpoint.ContainerId}");
            // Others may be called so, too.
            Errno errno = Files.TryUnlinkAt(Fd.Cwd, $"{_directory}/{name}", directoryEntry: true);
            if (errno is not (Errno.None or Errno.ENOENT or Errno.ENOTEMPTY))
                throw new LinuxException(errno, "unlinkat", $"{_directory}/{name}");
        }
    }

    /// <summary>The addresses of all that are called so, in no order; none for a name that nobody has.</summary>
    /// <param name="name">In lower case.</param>
    public List<IPAddress> Find(string name)
    {
        var addresses = new List<IPAddress>();
        if (!IsUsable(name)) return addresses;
        foreach (string container in StateFile.Names($"{_directory}/{name}"))
            if (Files.TryReadLink($"{_directory}/{name}/{container}", out string target))
                foreach (string text in target.Split(',', StringSplitOptions.RemoveEmptyEntries))
                    addresses.Add(IPAddress.Parse(text));
        return addresses;
    }

    /// <summary>That of what <see cref="Find"/> finds.</summary>
    /// <param name="name">In lower case.</param>
    public FileStamp Stamp(string name) => new(IsUsable(name) ? $"{_directory}/{name}" : "");

    private void Add(string name, string containerId, string addresses)
    {
        string path = $"{_directory}/{name}/{containerId}";
        while (true)
        {
            Errno errno = Files.TrySymlinkAt(addresses, Fd.Cwd, path);
            if (errno == Errno.None) return;
            if (errno == Errno.EEXIST) Unlink(path); // From before a crash.
            // Whoever was called so may just take the directory away.
            else if (errno == Errno.ENOENT) Files.MakeDirectories($"{_directory}/{name}");
            else throw new LinuxException(errno, "symlinkat", path, "give a container its name");
        }
    }

    private static void Unlink(string path)
    {
        Errno errno = Files.TryUnlinkAt(Fd.Cwd, path);
        if (errno is not (Errno.None or Errno.ENOENT)) throw new LinuxException(errno, "unlinkat", path);
    }

    private static IEnumerable<string> Usable(IReadOnlyList<string> names) =>
        names.Select(name => name.ToLowerInvariant()).Distinct().Where(IsUsable);

    private static bool IsUsable(string name) =>
        name.Length is > 0 and <= LongestName && !name.Contains('/') && name is not ("." or "..");
}
