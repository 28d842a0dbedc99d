using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Skiff.PowerCut;

/// <summary>
/// Looks at the engine's state after a boot, through its verbs and past them, and says what is wrong.
/// </summary>
/// <param name="images">The layers of each image, as far as they were heard of; grows.</param>
/// <param name="markers">What each image has in its marker, as far as it is known.</param>
internal sealed class Inspector(Dictionary<string, string[]> images, Dictionary<string, string> markers)
{
    private const string Root = "/var/lib/skiff";

    /// <summary>Looks without changing anything: every acknowledged thing is there and whole, and nothing else
    /// is.</summary>
    public World LookAround(Machine machine, World before, World after, List<string> defects)
    {
        var observation = new Observation(before, after);
        (string, string)[] containers = Pairs(Do(machine, "skiff ps -a --no-trunc --format '{{.Names}} {{.Image}}'"));
        (string, string)[] names = Pairs(Do(machine,
            "skiff images -a --no-trunc --format '{{.Repository}}:{{.Tag}} {{.ID}}'"));
        string[] volumes = Lines(Do(machine, "skiff volume ls -q"));
        for (int i = 0; i < containers.Length; i++)
            containers[i].Item2 = (string)Inspect(machine, containers[i].Item1)["Image"]!;
        World settled = observation.Settle(names, containers, volumes);
        defects.AddRange(observation.Defects);
        foreach (string image in settled.Images)
            if (!images.ContainsKey(image)) images[image] = LayersOf(machine, image);
        foreach ((string volume, IEnumerable<string> files) in before.Volumes)
            if (settled.Volumes.ContainsKey(volume))
                foreach (string file in files) CheckFile(machine, volume, file, defects);
        Expect(machine, "skiff system check -q", defects);
        return settled;
    }

    /// <summary>Lets the engine clean up, and looks for what nothing needs.</summary>
    public World CleanUp(Machine machine, World world, bool deeply, List<string> defects)
    {
        Expect(machine, "skiff image prune -f", defects);
        world = world.Prune();
        string[] wanted = [.. world.Images.Union(world.Containers.Values).SelectMany(image => images[image])
            .Select(layer => layer["sha256:".Length..]).Distinct().Order()];
        string[] got = [.. Lines(Do(machine, $"ls {Root}/layers")).Order()];
        if (!wanted.SequenceEqual(got))
            defects.Add($"layers: missing {string.Join(' ', wanted.Except(got))}, stray {string.Join(' ',
                got.Except(wanted))}");
        foreach (string left in Lines(Do(machine, $"ls {Root}/ingest 2> /dev/null")))
            if (!left.StartsWith("partial-", StringComparison.Ordinal)) defects.Add($"ingest/{left} stays");
        LookForRemains(machine, world, defects);
        CompareTotals(machine, world, defects);
        if (!deeply) return world;
        string notes = Expect(machine, "skiff system check -q", defects);
        if (notes.Contains("note: ")) defects.Add($"after prune, system check says: {notes}");
        return world;
    }

    /// <summary>Runs one image and expects what was put into it.</summary>
    public void Try(Machine machine, World world, Random random, List<string> defects)
    {
        if (world.Names.Count == 0) return;
        (string name, string image) = world.Names.ElementAt(random.Next(world.Names.Count));
        string? marker = markers.GetValueOrDefault(image);
        string command = marker is null ? "true" : "cat /marker";
        string printed = Expect(machine, $"skiff run --rm --network none {name} {command}", defects);
        if (marker is not null && printed != marker) defects.Add($"{name} has \"{printed}\", expected \"{marker}\"");
    }

    /// <summary>Learns what an image is made of.</summary>
    public void Learn(Machine machine, string image, string? marker)
    {
        images[image] = LayersOf(machine, image);
        if (marker is not null) markers[image] = marker;
    }

    private static void CheckFile(Machine machine, string volume, string file, List<string> defects)
    {
        string[] parts = file.Split('.');
        int bytes = int.Parse(parts[1]);
        string line = parts[0] + "\n";
        var text = new StringBuilder(bytes + line.Length);
        while (text.Length < bytes) text.Append(line);
        string wanted = Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(text.ToString(0, bytes))));
        (_, string printed) = machine.Run($"sha256sum {Root}/volumes/{volume}/_data/{file}");
        if (!printed.StartsWith(wanted, StringComparison.Ordinal))
            defects.Add($"volume {volume}: {file} is not as written: {printed}");
    }

    // `ps -a` has removed what a create or a removal left more than a minute ago, and between two boots more than that
    // passes on the guest's clock.
    private static void LookForRemains(Machine machine, World world, List<string> defects)
    {
        string[] ids = Lines(Do(machine, "skiff ps -aq --no-trunc"));
        foreach (string name in Lines(Do(machine, $"ls {Root}/containers 2> /dev/null")).Except(ids))
            if (name != "names") defects.Add($"containers/{name} stays");
        foreach (string name in Lines(Do(machine, $"ls {Root}/containers/names 2> /dev/null")))
            if (!world.Containers.ContainsKey(name)) defects.Add($"containers/names/{name} stays");
        // A volume whose making was cut off is an empty directory, which the next one of its name takes.
        foreach (string file in Lines(Do(machine, $"cd {Root}/volumes 2> /dev/null && find . -mindepth 3")))
            if (!world.Volumes.ContainsKey(file.Split('/')[1])) defects.Add($"volumes/{file} stays");
    }

    private static void CompareTotals(Machine machine, World world, List<string> defects)
    {
        string totals = Expect(machine, "skiff system df --format '{{.Type}}={{.TotalCount}}'", defects);
        string wanted = $"Images={world.Images.Count}\nContainers={world.Containers.Count}\n"
            + $"Local Volumes={world.Volumes.Count}\nBuild Cache=0";
        if (totals != wanted) defects.Add($"system df: expected {wanted}, got {totals}");
    }

    private static string[] LayersOf(Machine machine, string image) =>
        [.. Inspect(machine, image)["RootFS"]!["Layers"]!.AsArray().Select(layer => (string)layer!)];

    private static JsonNode Inspect(Machine machine, string name) =>
        JsonNode.Parse(Do(machine, $"skiff inspect {name}"))![0]!;

    private static string Do(Machine machine, string line)
    {
        (int exitCode, string output) = machine.Run(line);
        return exitCode == 0 || !line.StartsWith("skiff ", StringComparison.Ordinal) ? output
            : throw new GuestException($"{line}: exit code {exitCode}: {output}");
    }

    private static string Expect(Machine machine, string line, List<string> defects)
    {
        (int exitCode, string output) = machine.Run(line);
        if (exitCode != 0) defects.Add($"{line}: exit code {exitCode}: {output}");
        return output.TrimEnd('\n');
    }

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static (string, string)[] Pairs(string text) =>
        [.. Lines(text).Select(line => line.Split(' ')).Select(words => (words[0], words[1]))];
}
