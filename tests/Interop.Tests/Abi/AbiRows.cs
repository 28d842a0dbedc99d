using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Skiff.Interop.Tests.Abi;

/// <summary>Collects the claims that one build of Skiff.Interop makes about C.</summary>
internal static partial class AbiRows
{
    private const BindingFlags Everything =
        BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic
        | BindingFlags.DeclaredOnly;

    public static List<AbiRow> Of(Assembly interop) =>
        [.. Constants(interop), .. Structs(interop), .. AbiTable.Expressions.Select(row =>
            new AbiRow(row.Expression, row.Value, 64, row.Where))];

    /// <summary>Structs with the kernel's spelling that have no row.</summary>
    public static IEnumerable<string> StructsWithoutRow(Assembly interop) => interop.GetTypes()
        .Where(type => type.IsValueType && !type.IsEnum && char.IsAsciiLetterLower(type.Name[0]))
        .Select(type => type.FullName!).Except(AbiTable.Structs.Select(row => row.Type));

    private static IEnumerable<AbiRow> Constants(Assembly interop) => interop.GetTypes()
        .Where(type => !type.Name.Contains('<', StringComparison.Ordinal))
        .SelectMany(type => type.GetFields(Everything).Where(field => field.IsLiteral)
            .Select(field => Constant(type, field))).OfType<AbiRow>();

    private static AbiRow? Constant(Type type, FieldInfo field)
    {
        object value = field.GetRawConstantValue()!;
        if (value is string or bool or char or null) return null;
        string source = $"{type.Name}.{field.Name}";
        if (!AbiTable.Renamed.TryGetValue(source, out string? name))
        {
            if (type.Name == "SyscallNumbers") name = "__NR_" + field.Name;
            else if (CSpelling().IsMatch(field.Name)) name = field.Name;
        }
        if (string.IsNullOrEmpty(name)) return null;
        int bits = Marshal.SizeOf(value.GetType()) == 8 ? 64 : 32;
        ulong number = value is ulong large ? large
            : unchecked((ulong)Convert.ToInt64(value, CultureInfo.InvariantCulture));
        return new AbiRow(name, bits == 64 ? number : (uint)number, bits, source);
    }

    private static IEnumerable<AbiRow> Structs(Assembly interop)
    {
        foreach (var (name, c, renamed) in AbiTable.Structs)
        {
            Type type = interop.GetType(name, throwOnError: true)!;
            yield return new AbiRow($"sizeof({c})", (ulong)Marshal.SizeOf(type), 64, name);
            foreach (FieldInfo field in type.GetFields(Everything).Where(field => !field.IsStatic))
            {
                string member = renamed.FirstOrDefault(row => row.Field == field.Name).CField ?? field.Name;
                if (member.Length > 0)
                    yield return new AbiRow($"offsetof({c}, {member})",
                        (ulong)Marshal.OffsetOf(type, field.Name), 64, $"{name}.{field.Name}");
            }
        }
    }

    [GeneratedRegex("^(__)?[A-Z][A-Z0-9_]*[A-Z0-9]$")]
    private static partial Regex CSpelling();
}
