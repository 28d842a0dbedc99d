
namespace Skiff.Agent.Containers;

/// <summary>Container names: Docker's grammar, and made-up ones of the form adjective_noun.</summary>
internal static class ContainerNames
{
    private static readonly string[] Adjectives =
    [
        "amber", "bold", "brisk", "calm", "clear", "crisp", "deep", "eager", "fair", "fleet", "fresh", "gentle",
            "glad", "keen",
        "light", "lively", "lucky", "mellow", "merry", "nimble", "patient", "plucky", "proud", "quick", "quiet",
            "ready", "salty",
        "sharp", "silent", "sleek", "snug", "spry", "steady", "stout", "sunny", "swift", "tidy", "trim", "true",
            "vivid", "warm", "wise",
    ];

    private static readonly string[] Nouns =
    [
        "anchor", "atoll", "barge", "bay", "beacon", "bosun", "bow", "breeze", "buoy", "canoe", "cape", "coral",
            "cove", "current",
        "cutter", "delta", "dinghy", "dock", "drift", "ferry", "fjord", "galley", "gull", "harbor", "heron", "islet",
            "jetty", "kayak",
        "keel", "ketch", "lagoon", "mast", "oar", "otter", "pier", "pilot", "reef", "rudder", "sail", "sloop", "tide",
            "wharf",
    ];

    /// <summary>A random name; the caller tries another one when it is taken.</summary>
    public static string Generate(int attempt)
    {
        string name = Adjectives[Random.Shared.Next(Adjectives.Length)] + "_" + Nouns[Random.Shared.Next(Nouns.Length)];
        return attempt == 0 ? name : name + Random.Shared.Next(10_000);
    }

    /// <summary>
    /// Whether Docker would take the name: a letter or digit, then at least one of letters, digits, _ . -.
    /// </summary>
    public static bool IsValid(string name)
    {
        if (name.Length < 2 || !char.IsAsciiLetterOrDigit(name[0])) return false;
        foreach (char c in name)
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '.' or '-'))
                return false;
        return true;
    }
}
