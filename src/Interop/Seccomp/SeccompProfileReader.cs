using System.Text.Json;

namespace Skiff.Interop.Seccomp;

/// <summary>Reads profiles from JSON, without reflection, with errors that name the place.</summary>
internal static class SeccompProfileReader
{
    private static readonly (string Name, SeccompAction Action)[] s_actions =
    [
        ("SCMP_ACT_ALLOW", SeccompAction.ALLOW), ("SCMP_ACT_ERRNO", SeccompAction.ERRNO),
        ("SCMP_ACT_KILL", SeccompAction.KILL_THREAD), ("SCMP_ACT_KILL_THREAD", SeccompAction.KILL_THREAD),
        ("SCMP_ACT_KILL_PROCESS", SeccompAction.KILL_PROCESS), ("SCMP_ACT_TRAP", SeccompAction.TRAP),
        ("SCMP_ACT_TRACE", SeccompAction.TRACE), ("SCMP_ACT_LOG", SeccompAction.LOG),
    ];

    private static readonly string[] s_operators =
    [
        "SCMP_CMP_EQ", "SCMP_CMP_NE", "SCMP_CMP_LT", "SCMP_CMP_LE", "SCMP_CMP_GT", "SCMP_CMP_GE", "SCMP_CMP_MASKED_EQ",
    ];

    private static readonly (string Name, uint Flag)[] s_flags =
    [
        ("SECCOMP_FILTER_FLAG_LOG", SeccompFilter.SECCOMP_FILTER_FLAG_LOG),
        ("SECCOMP_FILTER_FLAG_SPEC_ALLOW", SeccompFilter.SECCOMP_FILTER_FLAG_SPEC_ALLOW),
        // The launching child has one thread, so synchronizing threads changes nothing.
        ("SECCOMP_FILTER_FLAG_TSYNC", 0),
    ];

    internal static string[] Actions => Array.ConvertAll(s_actions, row => row.Name);

    internal static string[] Operators => s_operators;

    internal static string[] Flags => Array.ConvertAll(s_flags, row => row.Name);

    internal static SeccompProfile Read(ReadOnlyMemory<byte> json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            return ReadProfile(document.RootElement);
        }
        catch (JsonException e)
        {
            throw new FormatException($"seccomp profile is no valid JSON: {e.Message}", e);
        }
    }

    private static SeccompProfile ReadProfile(JsonElement root)
    {
        Expect(root, JsonValueKind.Object, "the profile");
        if (Find(root, "listenerPath") is not null || Find(root, "listenerMetadata") is not null)
            throw Wrong("listenerPath", "is there, for notifications, which this engine does not send");
        if (Find(root, "defaultAction") is not { } action) throw Wrong("defaultAction", "is missing");
        var profile = new SeccompProfile
        {
            DefaultAction = ReadAction(action, "defaultAction"),
            DefaultErrnoRet = ReadErrno(root, "defaultErrnoRet", "defaultErrnoRet"),
            Architectures = ReadStrings(root, "architectures", "architectures"),
            ArchMap = ReadArchMap(root),
            Rules = ReadRules(root),
        };
        if (profile.Architectures.Count > 0 && profile.ArchMap.Count > 0)
            throw Wrong("architectures", "and archMap are both there; use one of them");
        return Find(root, "flags") is null ? profile : profile with { Flags = ReadFlags(root) };
    }

    private static uint ReadFlags(JsonElement root)
    {
        uint flags = 0;
        foreach (string name in ReadStrings(root, "flags", "flags"))
        {
            int index = Array.FindIndex(s_flags, row => row.Name == name);
            flags |= index >= 0 ? s_flags[index].Flag : throw Wrong("flags", $"has \"{name}\", which is not supported");
        }
        return flags;
    }

    private static Dictionary<string, IReadOnlyList<string>> ReadArchMap(JsonElement root)
    {
        var map = new Dictionary<string, IReadOnlyList<string>>();
        int i = 0;
        foreach (JsonElement entry in Items(root, "archMap", "archMap"))
        {
            string at = $"archMap[{i++}]";
            Expect(entry, JsonValueKind.Object, at);
            if (Find(entry, "architecture") is not { } main) throw Wrong($"{at}.architecture", "is missing");
            map[ReadString(main, $"{at}.architecture")] =
                ReadStrings(entry, "subArchitectures", $"{at}.subArchitectures");
        }
        return map;
    }

    private static List<SeccompRule> ReadRules(JsonElement root)
    {
        var rules = new List<SeccompRule>();
        foreach (JsonElement entry in Items(root, "syscalls", "syscalls"))
            rules.Add(ReadRule(entry, $"syscalls[{rules.Count}]"));
        return rules;
    }

    private static SeccompRule ReadRule(JsonElement entry, string at)
    {
        Expect(entry, JsonValueKind.Object, at);
        if (Find(entry, "action") is not { } action) throw Wrong($"{at}.action", "is missing");
        return new SeccompRule(
            ReadNames(entry, at),
            ReadAction(action, $"{at}.action"),
            ReadErrno(entry, "errnoRet", $"{at}.errnoRet"),
            ReadArguments(entry, $"{at}.args"))
        {
            Includes = ReadCondition(entry, "includes", $"{at}.includes"),
            Excludes = ReadCondition(entry, "excludes", $"{at}.excludes"),
        };
    }

    private static IReadOnlyList<string> ReadNames(JsonElement entry, string at)
    {
        List<string> names = ReadStrings(entry, "names", $"{at}.names");
        if (Find(entry, "name") is not { } name || ReadString(name, $"{at}.name").Length == 0) return names;
        if (names.Count > 0) throw Wrong($"{at}.name", "and names are both there; use one of them");
        return [name.GetString()!];
    }

    private static List<SeccompArgument> ReadArguments(JsonElement entry, string at)
    {
        var arguments = new List<SeccompArgument>();
        foreach (JsonElement argument in Items(entry, "args", at))
        {
            string here = $"{at}[{arguments.Count}]";
            Expect(argument, JsonValueKind.Object, here);
            ulong index = ReadNumber(argument, "index", $"{here}.index");
            if (index > 5) throw Wrong($"{here}.index", $"is {index}; system calls have arguments 0 to 5");
            string name = Find(argument, "op") is { } op ? ReadString(op, $"{here}.op") : "";
            int comparison = Array.IndexOf(s_operators, name);
            if (comparison < 0) throw Wrong($"{here}.op", $"is \"{name}\"; known are {string.Join(", ", s_operators)}");
            arguments.Add(new SeccompArgument((int)index, ReadNumber(argument, "value", $"{here}.value"),
                ReadNumber(argument, "valueTwo", $"{here}.valueTwo"), (SeccompOperator)comparison));
        }
        return arguments;
    }

    private static SeccompCondition ReadCondition(JsonElement entry, string key, string at)
    {
        if (Find(entry, key) is not { } condition) return SeccompCondition.None;
        Expect(condition, JsonValueKind.Object, at);
        ulong capabilities = 0;
        bool unknown = false;
        foreach (string name in ReadStrings(condition, "caps", $"{at}.caps"))
        {
            int number = CapabilityNumbers.Find(name);
            if (number < 0) unknown = true;
            else capabilities |= 1UL << number;
        }
        return new SeccompCondition
        {
            Capabilities = capabilities,
            HasUnknownCapability = unknown,
            Arches = ReadStrings(condition, "arches", $"{at}.arches"),
            MinKernel = ReadKernel(condition, $"{at}.minKernel"),
        };
    }

    private static Version? ReadKernel(JsonElement condition, string at)
    {
        if (Find(condition, "minKernel") is not { } value) return null;
        string text = ReadString(value, at);
        if (text.Length == 0) return null;
        return Version.TryParse(text, out Version? version) && version.Build < 0
            ? version
            : throw Wrong(at, $"is \"{text}\"; a kernel version is two numbers, such as 4.8");
    }

    private static SeccompAction ReadAction(JsonElement value, string at)
    {
        string name = ReadString(value, at);
        foreach (var row in s_actions)
            if (row.Name == name) return row.Action;
        throw Wrong(at, name == "SCMP_ACT_NOTIFY"
            ? "is SCMP_ACT_NOTIFY, which needs a listener that this engine does not have"
            : $"is \"{name}\", which is no known action");
    }

    private static int? ReadErrno(JsonElement parent, string key, string at)
    {
        if (Find(parent, key) is null) return null;
        ulong value = ReadNumber(parent, key, at);
        return value <= 0xFFFF ? (int)value : throw Wrong(at, $"is {value}; at most 65535 fits");
    }

    private static ulong ReadNumber(JsonElement parent, string key, string at)
    {
        if (Find(parent, key) is not { } value) return 0;
        Expect(value, JsonValueKind.Number, at);
        return value.TryGetUInt64(out ulong number) ? number
            : throw Wrong(at, $"is {value}; a number from 0 to 2^64-1 is wanted");
    }

    private static List<string> ReadStrings(JsonElement parent, string key, string at)
    {
        var strings = new List<string>();
        foreach (JsonElement item in Items(parent, key, at)) strings.Add(ReadString(item, $"{at}[{strings.Count}]"));
        return strings;
    }

    private static string ReadString(JsonElement value, string at)
    {
        Expect(value, JsonValueKind.String, at);
        return value.GetString()!;
    }

    /// <summary>The items of an array; none where it is missing or null, which Go writes for an empty list.</summary>
    private static JsonElement.ArrayEnumerator Items(JsonElement parent, string key, string at)
    {
        if (Find(parent, key) is not { } array) return default;
        Expect(array, JsonValueKind.Array, at);
        return array.EnumerateArray();
    }

    private static JsonElement? Find(JsonElement parent, string key) =>
        parent.TryGetProperty(key, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private static void Expect(JsonElement value, JsonValueKind kind, string at)
    {
        if (value.ValueKind != kind) throw Wrong(at, $"is a JSON {value.ValueKind}, a {kind} is wanted");
    }

    private static FormatException Wrong(string at, string problem) => new($"seccomp profile: {at} {problem}");
}
