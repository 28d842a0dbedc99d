using Skiff.Agent.Containers;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli;

/// <summary>
/// What may stand where a shell's user has come to: verbs, options, and the names of what is there. The tables of
/// options and the usage lines say which; nothing is said of files, which shells know better.
/// </summary>
internal static class Completion
{
    private enum Names
    {
        None,
        Containers,
        Images,
        Networks,
        Volumes,
        All,
    }

    /// <summary>The candidates that begin as the last of <paramref name="words"/> does, sorted.</summary>
    /// <param name="words">The command line without the program; the last one may be empty, and is completed.</param>
    /// <param name="rows">The verbs.</param>
    public static List<string> Of(ReadOnlySpan<string> words, VerbRow[] rows)
    {
        string last = words.IsEmpty ? "" : words[^1];
        ReadOnlySpan<string> before = words.IsEmpty ? words : words[..^1];
        try
        {
            ParsedArguments globals = ArgumentParser.ParseOptions(
                GlobalOptions.Table, before, stopAtFirst: true, "skiff", out int end);
            return [.. Candidates(before[end..], last, rows, new Engine(GlobalOptions.Roots(globals)))
                .Where(word => word.StartsWith(last, StringComparison.Ordinal))
                .Distinct().Order(StringComparer.Ordinal)];
        }
        catch (UsageException)
        {
            return []; // What stands before is wrong, or an option waits for its value.
        }
    }

    private static IEnumerable<string> Candidates(
        ReadOnlySpan<string> before, string last, VerbRow[] rows, Engine engine)
    {
        if (before.IsEmpty)
            return last.StartsWith('-') ? Spellings(GlobalOptions.Table)
                : rows.Where(row => row.Group is VerbGroup.Common or VerbGroup.Other).Select(row => row.Name)
                    .Concat(VerbTable.Management.Select(group => group.Name));
        if (VerbTable.Find(rows, before, out int words) is not { } row) return Following(before, rows);
        Verb verb = row.Create();
        ReadOnlySpan<string> arguments = before[words..];
        if (WaitsForValue(verb, arguments) is { } option) return Of(NamesOf(option), verb, engine);
        ParsedArguments parsed = ArgumentParser.ParseOptions(
            verb.Options, arguments, verb.OptionsEndAtFirstArgument, verb.Name, out int end);
        int position = parsed.Positional.Count + arguments.Length - end;
        bool optionsEnded = verb.OptionsEndAtFirstArgument && position > 0;
        return last.StartsWith('-') && !optionsEnded ? Spellings(verb.Options)
            : Of(NamesOf(verb, position), verb, engine).Except(parsed.Positional);
    }

    // The words that may follow those of a group.
    private static IEnumerable<string> Following(ReadOnlySpan<string> before, VerbRow[] rows)
    {
        if (!VerbTable.IsManagement(before[0]) || before.Length > 2) return [];
        string prefix = before.Length > 1 ? $"{before[1]} " : "";
        return VerbTable.Members(before[0], rows).Select(member => member.Word)
            .Where(word => word.StartsWith(prefix, StringComparison.Ordinal))
            .Select(word => word[prefix.Length..].Split(' ')[0]);
    }

    private static IEnumerable<string> Spellings(Option[] options) =>
        options.Select(option => $"--{option.Name}").Append("--help");

    private static Option? WaitsForValue(Verb verb, ReadOnlySpan<string> arguments)
    {
        if (arguments.IsEmpty || !arguments[^1].StartsWith('-')) return null;
        string word = arguments[^1];
        Option? option = Array.Find(verb.Options, option => word == $"--{option.Name}"
            || (option.Short != '\0' && word[1] != '-' && word[^1] == option.Short));
        return option is { Kind: not OptionKind.Flag } ? option : null;
    }

    private static Names NamesOf(Option option) => option.Name switch
    {
        "network" or "net" => Names.Networks,
        "volumes-from" or "link" or "depends-on" => Names.Containers,
        _ => Names.None,
    };

    // Usage has a word for each argument, "[OPTIONS] NETWORK CONTAINER [CONTAINER...]"; the last may be repeated.
    private static Names NamesOf(Verb verb, int position)
    {
        string[] usage = verb.Usage.Split(' ');
        if (usage[0] == "[OPTIONS]") usage = usage[1..];
        if (usage.Length > 0 && usage[^1].EndsWith("...]", StringComparison.Ordinal))
            position = Math.Min(position, usage.Length - 1);
        // What is to be created has no name yet, and cp's goes on with a path.
        if (position >= usage.Length || verb.Name.EndsWith(" create", StringComparison.Ordinal)) return Names.None;
        return usage[position].Trim('[', ']', '.') switch
        {
            "CONTAINER" or "CONTAINER|ADDRESS|host" => Names.Containers,
            "IMAGE" or "SOURCE_IMAGE[:TAG" or "NAME[:TAG" or "NAME[:TAG|@DIGEST" or "REPOSITORY[:TAG" => Names.Images,
            "NETWORK" => Names.Networks,
            "VOLUME" => Names.Volumes,
            "NAME|ID" => Names.All,
            _ => Names.None,
        };
    }

    private static IEnumerable<string> Of(Names names, Verb verb, Engine engine) => names switch
    {
        Names.Containers => Containers(verb, engine),
        Names.Images => engine.Images.ListForShow().SelectMany(image => image.RepoTags),
        Names.Networks => engine.Networks.List().Select(network => network.Name),
        Names.Volumes => engine.Volumes.List().Select(volume => volume.Name),
        Names.All => Containers(verb, engine).Concat(Of(Names.Images, verb, engine)),
        _ => [],
    };

    private static IEnumerable<string> Containers(Verb verb, Engine engine) =>
        engine.List(all: true).Where(row => verb.Name switch
        {
            "start" => !row.State.IsActive,
            "attach" or "exec" or "kill" or "pause" or "stats" or "stop" or "top" or "unpause" => row.State.IsActive,
            _ => true,
        }).Select(row => row.Config.Name);
}
