using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli;

/// <summary>
/// One verb of the command line: its grammar as data, and what it does. One file each in <c>Verbs/</c>.
/// </summary>
internal abstract class Verb
{
    /// <summary>What the user types, e.g. <c>run</c> or <c>volume create</c>.</summary>
    public abstract string Name { get; }

    /// <summary>What follows the name in the usage line, e.g. <c>[OPTIONS] IMAGE [COMMAND] [ARG...]</c>.</summary>
    public abstract string Usage { get; }

    /// <summary>One line for help.</summary>
    public abstract string Summary { get; }

    /// <summary>The options.</summary>
    public virtual Option[] Options => [];

    /// <summary>Smallest number of positional arguments.</summary>
    public virtual int MinimumArguments => 0;

    /// <summary>Largest number of positional arguments.</summary>
    public virtual int MaximumArguments => int.MaxValue;

    /// <summary>
    /// Whether options end at the first positional argument, so that <c>run IMAGE ls -l</c> keeps its -l.
    /// </summary>
    public virtual bool OptionsEndAtFirstArgument => false;

    /// <summary>Does it; returns the exit code.</summary>
    public abstract int Run(Engine engine, ParsedArguments arguments);
}
