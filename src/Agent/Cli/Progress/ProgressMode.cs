namespace Skiff.Agent.Cli.Progress;

/// <summary>How progress is shown.</summary>
internal enum ProgressMode
{
    /// <summary>Not at all.</summary>
    Quiet,

    /// <summary>A line for each step, as Docker prints when its output is no terminal.</summary>
    Plain,

    /// <summary>A bar for each layer, on a terminal.</summary>
    Terminal,

    /// <summary>The objects of Docker's API, one a line.</summary>
    Json,
}
