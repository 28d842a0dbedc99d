namespace Skiff.Layers.Oci;

/// <summary>The characters that each part of a <see cref="Reference"/> may have.</summary>
internal static class ReferenceGrammar
{
    private const int MaxNameLength = 255;

    /// <summary>What is wrong with the host or the path, or null.</summary>
    public static string? WhatIsWrong(string registry, string repository)
    {
        // Who writes a password into it wants it nowhere else.
        if (!IsHost(registry)) return $"bad registry host \"{registry[(registry.LastIndexOf('@') + 1)..]}\"";
        if (repository.AsSpan().IndexOfAnyInRange('A', 'Z') >= 0)
            return $"repository name ({repository}) must be lowercase";
        if (!IsPath(repository)) return $"bad repository name \"{repository}\"";
        return registry.Length + 1 + repository.Length > MaxNameLength
            ? $"repository name must not be more than {MaxNameLength} characters" : null;
    }

    /// <summary>A word character, then up to 127 word characters, dots and dashes.</summary>
    public static bool IsTag(ReadOnlySpan<char> tag)
    {
        if (tag.Length is 0 or > 128 || tag[0] is '.' or '-') return false;
        foreach (char c in tag)
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '.' or '-'))
                return false;
        return true;
    }

    private static bool IsHost(ReadOnlySpan<char> host)
    {
        int colon = host.LastIndexOf(':');
        if (host is ['[', ..])
        {
            int close = host.IndexOf(']');
            if (close < 0 || !IsIPv6(host[1..close])) return false;
            return close == host.Length - 1 || (host[close + 1] == ':' && IsPort(host[(close + 2)..]));
        }
        if (colon >= 0 && !IsPort(host[(colon + 1)..])) return false;
        foreach (Range label in (colon < 0 ? host : host[..colon]).Split('.'))
            if (!IsLabel(host[label]))
                return false;
        return true;
    }

    // The platform also reads zones (::1%eth0), which no name of a registry has.
    private static bool IsIPv6(ReadOnlySpan<char> address) => address.Contains(':') && !address.Contains('%')
        && System.Net.IPAddress.TryParse(address, out _);

    private static bool IsPort(ReadOnlySpan<char> port) =>
        port.Length is > 0 and <= 5 && port.IndexOfAnyExceptInRange('0', '9') < 0 && ushort.TryParse(port, out _);

    private static bool IsLabel(ReadOnlySpan<char> label)
    {
        if (label.IsEmpty || label[0] == '-' || label[^1] == '-') return false;
        foreach (char c in label)
            if (!char.IsAsciiLetterOrDigit(c) && c != '-')
                return false;
        return true;
    }

    private static bool IsPath(ReadOnlySpan<char> path)
    {
        foreach (Range component in path.Split('/'))
            if (!IsPathComponent(path[component]))
                return false;
        return true;
    }

    // Runs of lower-case letters and digits, joined by one dot, one or two underscores, or any number of dashes.
    private static bool IsPathComponent(ReadOnlySpan<char> component)
    {
        int i = 0;
        while (true)
        {
            int start = i;
            while (i < component.Length
                && (char.IsAsciiLetterLower(component[i]) || char.IsAsciiDigit(component[i]))) i++;
            if (i == start) return false;
            if (i == component.Length) return true;
            char separator = component[i];
            int run = 0;
            while (i < component.Length && component[i] == separator) (i, run) = (i + 1, run + 1);
            if (separator is not ('.' or '_' or '-')) return false;
            if (run > separator switch { '.' => 1, '_' => 2, _ => int.MaxValue }) return false;
        }
    }
}
