namespace Skiff.PowerCut;

/// <summary>Chooses the next command from the seed and the world.</summary>
/// <param name="random">Decides.</param>
/// <param name="catalog">What the registry has: references, and the images' ids.</param>
internal sealed class Workload(Random random, IReadOnlyDictionary<string, string> catalog)
{
    private const int LargestFile = 200_000;
    private int _serial;

    /// <summary>What a container wrote into its marker, by its name; unknown after a cut, for nobody flushed
    /// it.</summary>
    public Dictionary<string, string> Markers { get; } = [];

    /// <summary>A command that makes sense now.</summary>
    public Operation Next(World world)
    {
        while (true)
            if (Choose(world) is { } operation) return operation;
    }

    private Operation? Choose(World world) => random.Next(20) switch
    {
        < 5 => Pull(world),
        < 8 => RemoveImage(world),
        < 10 => Tag(world),
        < 12 => Run(world),
        < 15 => Commit(world),
        < 16 => random.Next(3) == 0 ? Rename(world) : RemoveContainer(world),
        < 18 => WriteVolume(world),
        18 => random.Next(2) == 0 ? RemoveVolume(world) : CreateVolume(),
        _ => new Operation("skiff image prune -f", (before, _) => before.Prune()),
    };

    private Operation? Pull(World world)
    {
        string name = Any(catalog.Keys.Where(name => !world.Names.ContainsKey(name)));
        return name == "" ? null
            : new Operation($"skiff pull -q {name}", (before, _) => before.Name(name, catalog[name]));
    }

    private Operation? RemoveImage(World world)
    {
        // A few stay, so that there is something to run.
        if (world.Names.Count < 3) return null;
        string name = Any(world.Names.Keys.Where(name => !world.IsUsed(world.Names[name])));
        return name == "" ? null : new Operation($"skiff rmi {name}", (before, _) => before.Untag(name));
    }

    private Operation? Tag(World world)
    {
        string name = Any(world.Names.Keys), target = $"local/tag{random.Next(3)}:latest";
        return name == "" || name == target ? null : new Operation(
            $"skiff tag {name} {target}", (before, _) => before.Name(target, before.Names[name]));
    }

    private Operation? Run(World world)
    {
        string image = Any(world.Names.Keys), name = $"c{random.Next(3)}", marker = $"m{++_serial}";
        if (image == "" || world.Containers.ContainsKey(name)) return null;
        string work = $"echo {marker} > /marker; rm -rf /data/old; mkdir -p /data/{marker}; ln /marker /data/{marker}/";
        return new Operation($"skiff run --name {name} --network none {image} sh -c '{work}'", (before, _) =>
        {
            Markers[name] = marker;
            return before with { Containers = before.Containers.SetItem(name, before.Names[image]) };
        });
    }

    private Operation? Commit(World world)
    {
        string container = Any(world.Containers.Keys), target = $"local/commit{random.Next(3)}:latest";
        return container == "" ? null : new Operation(
            $"skiff commit -m {++_serial} {container} {target}", (before, printed) => before.Name(target, printed),
            container);
    }

    private Operation? Rename(World world)
    {
        string from = Any(world.Containers.Keys), to = $"c{random.Next(3)}";
        return from == "" || world.Containers.ContainsKey(to) ? null : new Operation(
            $"skiff rename {from} {to}", (before, _) =>
            {
                if (Markers.Remove(from, out string? marker)) Markers[to] = marker;
                return before with
                {
                    Containers = before.Containers.Remove(from).Add(to, before.Containers[from]),
                };
            });
    }

    private Operation? RemoveContainer(World world)
    {
        string name = Any(world.Containers.Keys);
        return name == "" ? null : new Operation(
            $"skiff rm {name}", (before, _) => before with { Containers = before.Containers.Remove(name) });
    }

    private Operation? WriteVolume(World world)
    {
        string image = Any(world.Names.Keys), volume = $"v{random.Next(3)}", file = $"w{++_serial}";
        int bytes = random.Next(LargestFile);
        string work = $"yes {file} | head -c {bytes} | dd of=/v/{file}.{bytes} conv=fsync 2> /dev/null";
        return image == "" ? null : new Operation(
            $"skiff run --rm --network none -v {volume}:/v {image} sh -c '{work}'", (before, _) => before with
            {
                Volumes = before.Volumes.SetItem(
                    volume, before.Volumes.GetValueOrDefault(volume, []).Add($"{file}.{bytes}")),
            });
    }

    private Operation CreateVolume()
    {
        string volume = $"v{random.Next(3)}";
        return new Operation($"skiff volume create {volume}", (before, _) => before.Volumes.ContainsKey(volume) ? before
            : before with { Volumes = before.Volumes.Add(volume, []) });
    }

    private Operation? RemoveVolume(World world)
    {
        string volume = Any(world.Volumes.Keys);
        return volume == "" ? null : new Operation(
            $"skiff volume rm {volume}", (before, _) => before with { Volumes = before.Volumes.Remove(volume) });
    }

    private string Any(IEnumerable<string> names)
    {
        string[] all = [.. names];
        return all.Length == 0 ? "" : all[random.Next(all.Length)];
    }
}
