using System.Globalization;

namespace Skiff.Interop.Ebpf;

/// <summary>
/// One entry of the OCI runtime specification's <c>linux.resources.devices</c>. In a list, later rules override earlier
/// ones.
/// </summary>
/// <param name="Allow">Allows when true, denies when false.</param>
/// <param name="Kind">The kind of node.</param>
/// <param name="Major">Major number; null is any.</param>
/// <param name="Minor">Minor number; null is any.</param>
/// <param name="Access">The accesses that the rule is about.</param>
public readonly record struct DeviceRule(
    bool Allow, DeviceKind Kind, uint? Major, uint? Minor, DeviceAccess Access = DeviceAccess.All)
{
    /// <summary>Denies everything: how a container's list begins.</summary>
    public static DeviceRule DenyAll { get; } = new(false, DeviceKind.All, null, null);

    /// <summary>Allows everything: a privileged container's only rule.</summary>
    public static DeviceRule AllowAll { get; } = new(true, DeviceKind.All, null, null);

    /// <summary>
    /// Reads Docker's <c>--device-cgroup-rule</c>: <c>c 13:* rwm</c>; kind, numbers or <c>*</c>, accesses. The rule
    /// allows.
    /// </summary>
    public static bool TryParse(string text, out DeviceRule rule)
    {
        rule = default;
        string[] words = text.Split(' ');
        if (words.Length != 3 || words[1].Split(':') is not [var major, var minor]) return false;
        if (!TryParseKind(words[0], out DeviceKind kind) || !TryParseAccess(words[2], out DeviceAccess access))
            return false;
        if (!TryParseNumber(major, out uint? first) || !TryParseNumber(minor, out uint? second)) return false;
        rule = new DeviceRule(true, kind, first, second, access);
        return true;
    }

    /// <summary>Reads <c>rwm</c> or a part of it; each letter at most once.</summary>
    public static bool TryParseAccess(string text, out DeviceAccess access)
    {
        access = DeviceAccess.None;
        foreach (char letter in text)
        {
            DeviceAccess one = letter switch
            {
                'r' => DeviceAccess.Read,
                'w' => DeviceAccess.Write,
                'm' => DeviceAccess.Mknod,
                _ => DeviceAccess.None,
            };
            if (one == DeviceAccess.None || (access & one) != 0) return false;
            access |= one;
        }
        return access != DeviceAccess.None;
    }

    private static bool TryParseKind(string text, out DeviceKind kind)
    {
        kind = text switch { "b" => DeviceKind.Block, "c" => DeviceKind.Character, _ => DeviceKind.All };
        return text is "a" or "b" or "c";
    }

    private static bool TryParseNumber(string text, out uint? number)
    {
        number = null;
        if (text == "*") return true;
        if (!uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint value)) return false;
        number = value;
        return true;
    }
}
