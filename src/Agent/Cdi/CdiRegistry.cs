using Skiff.Agent.Manager;
using Skiff.Interop;

namespace Skiff.Agent.Cdi;

/// <summary>The devices that the files of some directories describe, as they are now.</summary>
internal sealed class CdiRegistry
{
    private readonly SortedDictionary<string, Entry> _devices = new(StringComparer.Ordinal);
    private readonly List<string> _problems = [];

    private CdiRegistry() { }

    /// <summary>Complete names, in their order.</summary>
    public IReadOnlyCollection<string> Devices => _devices.Keys;

    /// <summary>Files that are left out, each with the reason, and names that are ambiguous.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>Reads the files; a directory that is not there has none.</summary>
    /// <param name="directories">A device of a later one hides its namesake of an earlier one.</param>
    public static CdiRegistry Load(IReadOnlyList<string> directories)
    {
        var registry = new CdiRegistry();
        for (int i = 0; i < directories.Count; i++)
            foreach (string path in FilesOf(directories[i])) registry.Add(path, priority: i);
        foreach (var (name, _) in registry._devices.Where(row => row.Value.IsAmbiguous).ToList())
            registry._devices.Remove(name);
        return registry;
    }

    /// <summary>What devices change together.</summary>
    /// <exception cref="UsageException">One is not known.</exception>
    public CdiEdits Resolve(IReadOnlyList<string> names)
    {
        string[] unknown = [.. names.Where(name => !_devices.ContainsKey(name))];
        if (unknown.Length > 0) throw new UsageException(
            $"CDI device injection failed: unresolvable CDI devices {string.Join(", ", unknown)}"
            + string.Concat(_problems.Select(problem => $"; {problem}")), 125);
        var edits = CdiEdits.None;
        var seen = new HashSet<string>();
        foreach (string name in names)
        {
            (CdiSpec spec, CdiEdits own) = (_devices[name].Spec, _devices[name].Edits);
            if (seen.Add(spec.Path)) edits = edits.Then(spec.Edits);
            if (seen.Add(name)) edits = edits.Then(own);
        }
        return edits with { DeviceNodes = Array.ConvertAll(edits.DeviceNodes, node => node.FromHost()) };
    }

    private static IEnumerable<string> FilesOf(string directory)
    {
        Errno errno = Files.TryOpenAt(
            Fd.Cwd, directory, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY, 0, out Fd? opened);
        if (errno != Errno.None) return [];
        using (opened)
            return [.. Files.ListDirectory(opened!).Where(entry => entry.Type != FileType.DT_DIR)
                .Select(entry => entry.Name).Where(name => Path.GetExtension(name) is ".json" or ".yaml")
                .Order(StringComparer.Ordinal).Select(name => Path.Combine(directory, name))];
    }

    private void Add(string path, int priority)
    {
        try
        {
            CdiSpec spec = CdiSpec.Read(path);
            foreach (var (name, edits) in spec.Devices) Add(name.ToString(), new Entry(spec, edits, priority));
        }
        catch (UsageException e)
        {
            _problems.Add(e.Message);
        }
    }

    private void Add(string name, Entry entry)
    {
        if (_devices.TryGetValue(name, out Entry? other) && other.Priority == entry.Priority)
        {
            _problems.Add($"conflicting device \"{name}\" (specs \"{entry.Spec.Path}\", \"{other.Spec.Path}\")");
            entry = entry with { IsAmbiguous = true };
        }
        _devices[name] = entry;
    }

    private sealed record Entry(CdiSpec Spec, CdiEdits Edits, int Priority, bool IsAmbiguous = false);
}
