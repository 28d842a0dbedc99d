namespace Skiff.Agent.Cli.Display;

/// <summary>Durations as docker prints them, in the largest unit that fits.</summary>
internal static class HumanDuration
{
    /// <summary><c>5 seconds</c>, <c>About a minute</c>, <c>3 weeks</c>.</summary>
    public static string Of(TimeSpan duration)
    {
        int seconds = (int)Math.Min(duration.TotalSeconds, int.MaxValue);
        if (seconds < 1) return "Less than a second";
        if (seconds == 1) return "1 second";
        if (seconds < 60) return $"{seconds} seconds";
        int minutes = seconds / 60;
        if (minutes == 1) return "About a minute";
        if (minutes < 60) return $"{minutes} minutes";
        int hours = (int)(duration.TotalHours + 0.5);
        if (hours == 1) return "About an hour";
        if (hours < 48) return $"{hours} hours";
        if (hours < 24 * 7 * 2) return $"{hours / 24} days";
        if (hours < 24 * 30 * 2) return $"{hours / 24 / 7} weeks";
        return hours < 24 * 365 * 2 ? $"{hours / 24 / 30} months" : $"{(int)duration.TotalHours / 24 / 365} years";
    }

    /// <summary>Time since <paramref name="then"/>, as in <c>ps</c>: <c>2 minutes ago</c>.</summary>
    public static string Since(DateTimeOffset then, DateTimeOffset now) => Of(now - then) + " ago";
}
