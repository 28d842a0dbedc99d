using System.Text.Json;
using Skiff.Interop.Seccomp;

namespace Skiff.Interop.Tests.Seccomp;

/// <summary>
/// What a profile says about one call, found by walking its JSON rule by rule: slow, plain, and sharing no code with
/// the compiler but the names of calls.
/// </summary>
internal sealed class NaiveProfile
{
    private readonly JsonElement _root;
    private readonly List<JsonElement> _rules = [];
    private readonly HashSet<string> _capabilities;
    private readonly string _arch;
    private readonly Dictionary<SeccompArch, ILookup<uint, string>> _names = [];
    private readonly Dictionary<SeccompArch, uint> _newest = [];
    private readonly Dictionary<(SeccompArch, uint), List<JsonElement>> _matching = [];

    internal NaiveProfile(string json, SeccompArch native, HashSet<string> capabilities,
        IEnumerable<SeccompArch> arches)
    {
        _root = JsonDocument.Parse(json).RootElement;
        _capabilities = capabilities;
        _arch = native == SeccompArch.x86_64 ? "amd64" : "arm64";
        foreach (JsonElement rule in _root.GetProperty("syscalls").EnumerateArray())
            if (Applies(rule)) _rules.Add(rule);
        foreach (SeccompArch arch in arches) Index(arch);
    }

    internal static uint NumberOf(SeccompArch arch, int slot) =>
        (arch == SeccompArch.x32 ? 0x40000000u : 0) + (slot < 768 ? (uint)slot : 0xF0000 + (uint)(slot - 768));

    internal uint Evaluate(SeccompArch arch, uint number, ulong[] arguments)
    {
        uint fallback = ActionOf(_root, "defaultAction", "defaultErrnoRet");
        bool permissive = fallback is 0x7fff0000 or 0x7ffc0000;
        uint plain = number & ~0x40000000u;
        bool isPrivate = arch == SeccompArch.arm && plain is >= 0xF0000 and < 0xF0010;
        if (!permissive && !isPrivate && plain > _newest[arch]) return 0x50000 | 38;
        if (!_matching.TryGetValue((arch, number), out List<JsonElement>? matching))
            _matching[(arch, number)] = matching = Matching(arch, number);
        JsonElement? certain = matching.Where(rule => !Arguments(rule).Any()).Cast<JsonElement?>().FirstOrDefault();
        JsonElement? first = certain
            ?? matching.Where(rule =>
                Arguments(rule).All(a => Holds(a, arguments))).Cast<JsonElement?>().FirstOrDefault();
        return first is { } winner ? ActionOf(winner, "action", "errnoRet") : fallback;
    }

    private List<JsonElement> Matching(SeccompArch arch, uint number)
    {
        // Two names for one call exist: sync_file_range2 is arm_sync_file_range on 32-bit Arm.
        List<string> aliases = [.. _names[arch][number]];
        return _rules.Where(rule => Names(rule).Any(aliases.Contains)).ToList();
    }

    private void Index(SeccompArch arch)
    {
        _names[arch] = SyscallTable.All(arch).ToLookup(row => NumberOf(arch, row.Slot), row => row.Name);
        var named = _rules.SelectMany(Names).ToHashSet();
        _newest[arch] = SyscallTable.All(arch)
            .Where(row => row.Slot < 768 && named.Contains(row.Name)).Max(row => (uint)row.Slot);
    }

    private bool Applies(JsonElement rule)
    {
        if (rule.TryGetProperty("excludes", out JsonElement excludes))
        {
            if (Strings(excludes, "caps").Any(_capabilities.Contains)) return false;
            if (Strings(excludes, "arches").Contains(_arch)) return false;
        }
        if (!rule.TryGetProperty("includes", out JsonElement includes)) return true;
        var arches = Strings(includes, "arches").ToList();
        return (arches.Count == 0 || arches.Contains(_arch)) && Strings(includes, "caps").All(_capabilities.Contains);
    }

    private static bool Holds(JsonElement argument, ulong[] arguments)
    {
        ulong actual = arguments[argument.GetProperty("index").GetInt32()];
        ulong value = argument.GetProperty("value").GetUInt64();
        ulong two = argument.TryGetProperty("valueTwo", out JsonElement v) ? v.GetUInt64() : 0;
        return argument.GetProperty("op").GetString() switch
        {
            "SCMP_CMP_EQ" => actual == value,
            "SCMP_CMP_NE" => actual != value,
            "SCMP_CMP_LT" => actual < value,
            "SCMP_CMP_LE" => actual <= value,
            "SCMP_CMP_GT" => actual > value,
            "SCMP_CMP_GE" => actual >= value,
            "SCMP_CMP_MASKED_EQ" => (actual & value) == (two & value),
            var op => throw new InvalidOperationException(op),
        };
    }

    private static uint ActionOf(JsonElement element, string action, string errno) =>
        element.GetProperty(action).GetString() switch
    {
        "SCMP_ACT_ALLOW" => 0x7fff0000,
        "SCMP_ACT_LOG" => 0x7ffc0000,
        "SCMP_ACT_KILL_PROCESS" => 0x80000000,
        "SCMP_ACT_TRAP" => 0x30000,
        "SCMP_ACT_ERRNO" => 0x50000 | (element.TryGetProperty(errno, out JsonElement e) ? e.GetUInt32() : 1),
        var other => throw new InvalidOperationException(other),
    };

    private static IEnumerable<string> Names(JsonElement rule) => Strings(rule, "names");

    private static IEnumerable<JsonElement> Arguments(JsonElement rule) =>
        rule.TryGetProperty("args", out JsonElement args) ? args.EnumerateArray() : [];

    private static IEnumerable<string> Strings(JsonElement parent, string key) =>
        parent.TryGetProperty(key, out JsonElement list) ? list.EnumerateArray().Select(s => s.GetString()!) : [];
}
