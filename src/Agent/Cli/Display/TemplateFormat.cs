using System.Globalization;
using System.Text;

namespace Skiff.Agent.Cli.Display;

/// <summary>The part of Go's <c>printf</c> that templates are used with: <c>%s %v %d %q %t %x %%</c>, with a width,
/// <c>-</c>, <c>0</c> and a precision.</summary>
internal static class TemplateFormat
{
    private const int MaxWidth = 1_000;

    /// <summary>Fills a format in. As in Go, what does not fit is shown in the text and is no error.</summary>
    internal static string Print(string format, List<object?> arguments)
    {
        var text = new StringBuilder();
        int next = 0;
        for (int at = 0; at < format.Length; at++)
        {
            if (format[at] != '%')
            {
                text.Append(format[at]);
                continue;
            }
            at++;
            Spec spec = Spec.Read(format, ref at);
            if (at >= format.Length) return text.Append("%!(NOVERB)").ToString();
            if (format[at] == '%') text.Append('%');
            else if (next >= arguments.Count) text.Append($"%!{format[at]}(MISSING)");
            else text.Append(spec.Pad(One(format[at], arguments[next++], spec.Precision)));
        }
        if (next < arguments.Count) text.Append($"%!(EXTRA {string.Join(", ", arguments[next..].Select(Shown))})");
        return text.ToString();
    }

    private static string One(char verb, object? value, int? precision)
    {
        string text = TemplateValue.Print(value);
        switch (verb)
        {
            case 's' or 'v': return precision < text.Length ? text[..precision.Value] : text;
            case 'q': return TemplateValue.Json(text);
            case 'x': return Hex(value, text);
            case 'd' when TemplateValue.Number(value) is not null: return text;
            case 't' when text is "true" or "false": return text;
            case 'f' when TemplateValue.Number(value) is { } number:
                return number.ToString("F" + (precision ?? 6), CultureInfo.InvariantCulture);
            default: return $"%!{verb}({Shown(value)})";
        }
    }

    private static string Hex(object? value, string text) => TemplateValue.Number(value) is { } number
        ? ((long)number).ToString("x", CultureInfo.InvariantCulture)
        : Convert.ToHexStringLower(Encoding.UTF8.GetBytes(text));

    private static string Shown(object? value)
    {
        string type = value is bool ? "bool" : TemplateValue.Number(value) is null ? "string" : "int";
        return $"{type}={TemplateValue.Print(value)}";
    }

    private readonly record struct Spec(bool Left, bool Zero, int Width, int? Precision)
    {
        internal static Spec Read(string format, ref int at)
        {
            bool left = false, zero = false;
            for (; at < format.Length && format[at] is '-' or '0' or '+' or ' '; at++)
            {
                left |= format[at] == '-';
                zero |= format[at] == '0';
            }
            int width = Digits(format, ref at);
            if (at >= format.Length || format[at] != '.') return new Spec(left, zero, width, null);
            at++;
            return new Spec(left, zero, width, Digits(format, ref at));
        }

        internal string Pad(string text) =>
            Left ? text.PadRight(Width) : Zero ? text.PadLeft(Width, '0') : text.PadLeft(Width);

        private static int Digits(string format, ref int at)
        {
            int number = 0;
            for (; at < format.Length && char.IsAsciiDigit(format[at]); at++)
                number = Math.Min(number * 10 + (format[at] - '0'), MaxWidth);
            return number;
        }
    }
}
