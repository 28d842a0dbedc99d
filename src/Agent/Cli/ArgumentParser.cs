using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli;

/// <summary>
/// Parses a verb's arguments as docker does: <c>--name value</c>, <c>--name=value</c>, <c>-n value</c>, <c>-nvalue</c>,
/// bundled flags (<c>-it</c>), <c>--flag=false</c>, <c>--</c>; errors in docker's words.
/// </summary>
internal static class ArgumentParser
{
    /// <summary>
    /// Parses. <c>--help</c>, and <c>-h</c> where no option has that letter, ends it at once with
    /// <see cref="ParsedArguments.HelpRequested"/>.
    /// </summary>
    /// <exception cref="UsageException">The arguments don't fit the verb.</exception>
    public static ParsedArguments Parse(Verb verb, ReadOnlySpan<string> args)
    {
        Option[] options = verb.Options;
        ParsedArguments parsed =
            ParseOptions(options, args, verb.OptionsEndAtFirstArgument, $"skiff {verb.Name}", out int end);
        parsed.Positional.AddRange(args[end..]);
        if (!parsed.HelpRequested) CheckCount(verb, parsed.Positional.Count);
        return parsed;
    }

    /// <summary>
    /// Parses options up to <paramref name="end"/>, where the words begin that it leaves to the caller.
    /// </summary>
    /// <param name="options">The options that there are.</param>
    /// <param name="args">What was typed.</param>
    /// <param name="stopAtFirst">Whether the first argument that is no option ends the options.</param>
    /// <param name="command">The command, for the hint in errors.</param>
    /// <param name="end">Index of the first word that was not looked at.</param>
    /// <exception cref="UsageException">An unknown option, or one without its value.</exception>
    public static ParsedArguments ParseOptions(
        Option[] options, ReadOnlySpan<string> args, bool stopAtFirst, string command, out int end)
    {
        var parsed = new ParsedArguments();
        for (end = 0; end < args.Length && !parsed.HelpRequested; end++)
        {
            string arg = args[end];
            if (arg == "--")
            {
                end++;
                break;
            }
            if (arg.Length < 2 || arg[0] != '-')
            {
                if (stopAtFirst) break;
                parsed.Positional.Add(arg);
            }
            else if (arg[1] == '-') ParseLong(options, parsed, args, command, ref end);
            else ParseShort(options, parsed, args, command, ref end);
        }
        return parsed;
    }

    private static void ParseLong(
        Option[] options, ParsedArguments parsed, ReadOnlySpan<string> args, string command, ref int i)
    {
        string arg = args[i];
        int equals = arg.IndexOf('=');
        string name = equals < 0 ? arg[2..] : arg[2..equals];
        if (name.Length == 0 || name[0] == '-') throw Refuse(command, $"bad flag syntax: {arg}");
        if (Find(options, name) is not { } option)
        {
            if (name != "help") throw Refuse(command, $"unknown flag: --{name}");
            parsed.HelpRequested = true;
        }
        else if (equals >= 0) parsed.Add(option, Checked(option, arg[(equals + 1)..], command));
        else if (option.Kind == OptionKind.Flag) parsed.Add(option, "true");
        else if (i + 1 < args.Length) parsed.Add(option, args[++i]);
        else throw Refuse(command, $"flag needs an argument: --{name}");
    }

    private static void ParseShort(
        Option[] options, ParsedArguments parsed, ReadOnlySpan<string> args, string command, ref int i)
    {
        string arg = args[i];
        for (int at = 1; at < arg.Length; at++)
        {
            char letter = arg[at];
            string rest = arg[(at + 1)..];
            if (Find(options, letter) is not { } option)
            {
                if (letter != 'h') throw Refuse(command, $"unknown shorthand flag: '{letter}' in -{arg[at..]}");
                parsed.HelpRequested = true;
                return;
            }
            if (option.Kind == OptionKind.Flag && !rest.StartsWith('='))
            {
                parsed.Add(option, "true");
                continue;
            }
            if (rest.Length > 0) parsed.Add(option, Checked(option, rest[0] == '=' ? rest[1..] : rest, command));
            else if (i + 1 < args.Length) parsed.Add(option, args[++i]);
            else throw Refuse(command, $"flag needs an argument: '{letter}' in -{arg[at..]}");
            return;
        }
    }

    // Plain loops: a lambda that captures the name would allocate for each argument.
    private static Option? Find(Option[] options, string name)
    {
        foreach (Option option in options)
            if (option.Name == name) return option;
        return null;
    }

    private static Option? Find(Option[] options, char letter)
    {
        foreach (Option option in options)
            if (option.Short == letter) return option;
        return null;
    }

    // Flags take what Go's strconv.ParseBool takes, and fail in its words.
    private static string Checked(Option option, string value, string command)
    {
        if (option.Kind != OptionKind.Flag) return value;
        return value switch
        {
            "1" or "t" or "T" or "true" or "TRUE" or "True" => "true",
            "0" or "f" or "F" or "false" or "FALSE" or "False" => "false",
            _ => throw Refuse(command, $"invalid argument \"{value}\" for \"{option.Spelling}\" flag: "
                + $"strconv.ParseBool: parsing \"{value}\": invalid syntax"),
        };
    }

    private static void CheckCount(Verb verb, int count)
    {
        (int least, int most) = (verb.MinimumArguments, verb.MaximumArguments);
        if (count >= least && count <= most) return;
        string amount = most == 0 ? "accepts no arguments"
            : least == most ? $"requires exactly {Arguments(least)}"
            : most == int.MaxValue ? $"requires at least {Arguments(least)}"
            : least == 0 ? $"requires at most {Arguments(most)}"
            : $"requires at least {least} and at most {Arguments(most)}";
        string command = $"skiff {verb.Name}";
        throw new UsageException($"\"{command}\" {amount}.\nSee '{command} --help'.\n\n"
            + $"Usage:  {command} {verb.Usage}\n\n{verb.Summary}");
    }

    private static string Arguments(int count) => count == 1 ? "1 argument" : $"{count} arguments";

    private static UsageException Refuse(string command, string problem) =>
        new($"{problem}\nSee '{command} --help'.", 125);
}
