using System.Globalization;
using Skiff.Agent.Containers;

namespace Skiff.Agent.Cli;

/// <summary>Sizes and times in the words of docker's command line.</summary>
internal static class HumanText
{
    private static readonly string[] s_units = ["B", "kB", "MB", "GB", "TB", "PB"];

    /// <summary>Decimal units and three significant digits: 4.27MB.</summary>
    public static string Size(long bytes)
    {
        double value = bytes;
        int unit = 0;
        while (value >= 1000 && unit < s_units.Length - 1)
        {
            value /= 1000;
            unit++;
        }
        string digits = value >= 100 ? "0" : value >= 10 ? "0.#" : "0.##";
        return value.ToString(digits, CultureInfo.InvariantCulture) + s_units[unit];
    }

    /// <summary>How long ago: 5 minutes ago.</summary>
    public static string Ago(DateTimeOffset then) => Span(DateTimeOffset.UtcNow - then) + " ago";

    /// <summary>A length of time in one rough unit: About an hour, 3 days.</summary>
    public static string Span(TimeSpan span)
    {
        if (span.TotalSeconds < 1) return "Less than a second";
        if (span.TotalSeconds < 2) return "1 second";
        if (span.TotalSeconds < 60) return $"{(int)span.TotalSeconds} seconds";
        if (span.TotalMinutes < 2) return "About a minute";
        if (span.TotalMinutes < 60) return $"{(int)span.TotalMinutes} minutes";
        int hours = (int)(span.TotalHours + 0.5);
        if (hours == 1) return "About an hour";
        if (hours < 48) return $"{hours} hours";
        if (hours < 24 * 7 * 2) return $"{hours / 24} days";
        if (hours < 24 * 30 * 2) return $"{hours / 24 / 7} weeks";
        return hours < 24 * 365 * 2 ? $"{hours / 24 / 30} months" : $"{(int)span.TotalDays / 365} years";
    }

    /// <summary>The STATUS column of <c>ps</c>.</summary>
    public static string Status(ContainerState state) => state.Status switch
    {
        "running" => "Up " + Span(DateTimeOffset.UtcNow - state.StartedAt),
        "paused" => $"Up {Span(DateTimeOffset.UtcNow - state.StartedAt)} (Paused)",
        "exited" => $"Exited ({state.ExitCode}) {Ago(state.FinishedAt == default ? state.StartedAt : state.FinishedAt)}",
        _ => "Created",
    };
}
