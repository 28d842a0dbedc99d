using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli;

/// <summary>
/// Parses a verb's arguments as docker does: <c>--name value</c>, <c>--name=value</c>, <c>-n value</c>, <c>-nvalue</c>, bundled flags
/// (<c>-it</c>), <c>--flag=false</c>, <c>--</c>; errors in docker's words.
/// </summary>
internal static class ArgumentParser
{
    /// <summary>Parses; <c>--help</c> is the caller's.</summary>
    /// <exception cref="UsageException">The arguments don't fit the verb.</exception>
    public static ParsedArguments Parse(Verb verb, ReadOnlySpan<string> args)
    {
        var parsed = new ParsedArguments();
        for (int i = 0; i < args.Length; i++)
        {
            string arg = args[i];
            if (arg == "--")
            {
                parsed.Positional.AddRange(args[(i + 1)..]);
                break;
            }
            if (arg.Length < 2 || arg[0] != '-')
            {
                parsed.Positional.Add(arg);
                if (!verb.OptionsEndAtFirstArgument) continue;
                parsed.Positional.AddRange(args[(i + 1)..]);
                break;
            }
            if (arg[1] == '-') ParseLong(verb, parsed, args, ref i);
            else ParseShort(verb, parsed, args, ref i);
        }
        CheckCount(verb, parsed.Positional.Count);
        return parsed;
    }

    private static void ParseLong(Verb verb, ParsedArguments parsed, ReadOnlySpan<string> args, ref int i)
    {
        string arg = args[i];
        int equals = arg.IndexOf('=');
        string name = equals < 0 ? arg[2..] : arg[2..equals];
        Option option = Array.Find(verb.Options, o => o.Name == name) ?? throw Refuse(verb, $"unknown flag: --{name}");
        if (equals >= 0) parsed.Add(option, Checked(verb, option, arg[(equals + 1)..]));
        else if (option.Kind == OptionKind.Flag) parsed.Add(option, "true");
        else if (i + 1 < args.Length) parsed.Add(option, args[++i]);
        else throw Refuse(verb, $"flag needs an argument: --{name}");
    }

    private static void ParseShort(Verb verb, ParsedArguments parsed, ReadOnlySpan<string> args, ref int i)
    {
        string arg = args[i];
        for (int at = 1; at < arg.Length; at++)
        {
            char letter = arg[at];
            Option option = Array.Find(verb.Options, o => o.Short == letter)
                ?? throw Refuse(verb, $"unknown shorthand flag: '{letter}' in {arg}");
            string rest = arg[(at + 1)..];
            if (option.Kind == OptionKind.Flag)
            {
                if (!rest.StartsWith('='))
                {
                    parsed.Add(option, "true");
                    continue;
                }
                parsed.Add(option, Checked(verb, option, rest[1..]));
                return;
            }
            if (rest.Length > 0) parsed.Add(option, rest.StartsWith('=') ? rest[1..] : rest);
            else if (i + 1 < args.Length) parsed.Add(option, args[++i]);
            else throw Refuse(verb, $"flag needs an argument: '{letter}' in {arg}");
            return;
        }
    }

    // Flags take what Go's strconv.ParseBool takes.
    private static string Checked(Verb verb, Option option, string value)
    {
        if (option.Kind != OptionKind.Flag) return value;
        return value switch
        {
            "1" or "t" or "T" or "true" or "TRUE" or "True" => "true",
            "0" or "f" or "F" or "false" or "FALSE" or "False" => "false",
            _ => throw Refuse(verb, $"invalid argument \"{value}\" for \"--{option.Name}\" flag: expected true or false"),
        };
    }

    private static void CheckCount(Verb verb, int count)
    {
        if (count >= verb.MinimumArguments && count <= verb.MaximumArguments) return;
        int bound = count < verb.MinimumArguments ? verb.MinimumArguments : verb.MaximumArguments;
        string amount = verb.MinimumArguments == verb.MaximumArguments
            ? bound == 0 ? "accepts no arguments" : $"requires {bound} {Plural(bound)}"
            : count < verb.MinimumArguments ? $"requires at least {bound} {Plural(bound)}" : $"requires at most {bound} {Plural(bound)}";
        throw new UsageException($"\"skiff {verb.Name}\" {amount}.\nSee 'skiff {verb.Name} --help'.\n\nUsage:  skiff {verb.Name} {verb.Usage}\n\n"
            + verb.Summary, verb.UsageExitCode);
    }

    private static string Plural(int count) => count == 1 ? "argument" : "arguments";

    private static UsageException Refuse(Verb verb, string problem) =>
        new($"{problem}\nSee 'skiff {verb.Name} --help'.", 125);
}
