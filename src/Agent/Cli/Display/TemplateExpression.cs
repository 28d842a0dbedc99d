using System.Globalization;
using System.Text;

namespace Skiff.Agent.Cli.Display;

/// <summary>What stands between the braces of a template: commands joined by pipes.</summary>
internal sealed class TemplateExpression
{
    /// <summary>The one method that rows of Docker's lists have.</summary>
    internal const string LabelMethod = ".Label";

    private readonly List<List<Term>> _commands = [];

    private enum TermKind
    {
        Path,
        Variable,
        Literal,
        Function,
        Group,
    }

    /// <summary>Reads an expression.</summary>
    /// <exception cref="Manager.UsageException">Not well-formed.</exception>
    internal static TemplateExpression Parse(string text)
    {
        int at = 0;
        TemplateExpression expression = Read(text, ref at);
        return at == text.Length ? expression : throw FormatTemplate.Wrong($"unexpected \"{text[at..]}\"");
    }

    /// <summary>The value, with <paramref name="dot"/> as the current data.</summary>
    internal object? Evaluate(object? dot, Dictionary<string, object?> variables)
    {
        object? value = null;
        for (int i = 0; i < _commands.Count; i++)
        {
            List<Term> terms = _commands[i];
            if (terms is [{ Kind: TermKind.Path, Text: LabelMethod }, { Literal: string name }])
            {
                value = variables[LabelMethod] is not IReadOnlyDictionary<string, string> labels ? name
                    : labels.GetValueOrDefault(name) ?? "";
                continue;
            }
            var values = new List<object?>();
            bool call = terms[0].Kind == TermKind.Function;
            for (int t = call ? 1 : 0; t < terms.Count; t++) values.Add(terms[t].Evaluate(dot, variables));
            // The result of one command is the last argument of the next.
            if (i > 0) values.Add(value);
            if (!call && values.Count != 1) throw FormatTemplate.Wrong($"{terms[0].Text} is no function");
            value = call ? TemplateFunctions.Call(terms[0].Text, values) : values[0];
        }
        return value;
    }

    private static TemplateExpression Read(string text, ref int at)
    {
        var expression = new TemplateExpression();
        var terms = new List<Term>();
        for (; at < text.Length && text[at] != ')'; )
        {
            if (text[at] == '|')
            {
                expression.Close(terms);
                terms = [];
                at++;
            }
            else if (char.IsWhiteSpace(text[at])) at++;
            else terms.Add(ReadTerm(text, ref at));
        }
        expression.Close(terms);
        return expression;
    }

    private void Close(List<Term> terms) =>
        _commands.Add(terms.Count > 0 ? terms : throw FormatTemplate.Wrong("missing value for command"));

    private static Term ReadTerm(string text, ref int at)
    {
        if (text[at] is '"' or '`') return new Term(TermKind.Literal, "", ReadString(text, ref at), null);
        if (text[at] == '(')
        {
            at++;
            TemplateExpression group = Read(text, ref at);
            if (at >= text.Length) throw FormatTemplate.Wrong("unclosed left paren");
            at++;
            return new Term(TermKind.Group, ReadWord(text, ref at), null, group);
        }
        int start = at;
        string word = ReadWord(text, ref at);
        if (word.Length == 0) throw FormatTemplate.Wrong($"unexpected \"{text[start]}\"");
        if (word[0] == '.') return new Term(TermKind.Path, word, null, null);
        if (word[0] == '$') return new Term(TermKind.Variable, word, null, null);
        if (word is "true" or "false") return new Term(TermKind.Literal, "", word == "true", null);
        if (long.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number))
            return new Term(TermKind.Literal, "", number, null);
        if (!TemplateFunctions.Exists(word)) throw FormatTemplate.Wrong($"function \"{word}\" not defined");
        return new Term(TermKind.Function, word, null, null);
    }

    private static string ReadWord(string text, ref int at)
    {
        int start = at;
        while (at < text.Length && (char.IsLetterOrDigit(text[at]) || text[at] is '.' or '$' or '_' or '-')) at++;
        return text[start..at];
    }

    private static string ReadString(string text, ref int at)
    {
        char quote = text[at++];
        var value = new StringBuilder();
        for (; at < text.Length && text[at] != quote; at++)
        {
            if (quote == '"' && text[at] == '\\' && at + 1 < text.Length) at++;
            value.Append(text[at]);
        }
        if (at++ >= text.Length) throw FormatTemplate.Wrong("unterminated quoted string");
        return value.ToString();
    }

    private sealed record Term(TermKind Kind, string Text, object? Literal, TemplateExpression? Group)
    {
        internal object? Evaluate(object? dot, Dictionary<string, object?> variables)
        {
            switch (Kind)
            {
                case TermKind.Path: return TemplateValue.Walk(dot, Text);
                case TermKind.Literal: return Literal;
                case TermKind.Group: return TemplateValue.Walk(Group!.Evaluate(dot, variables), Text);
                case TermKind.Function: return TemplateFunctions.Call(Text, []);
            }
            int end = Text.IndexOf('.');
            string name = end < 0 ? Text : Text[..end];
            if (!variables.TryGetValue(name, out object? value))
                throw FormatTemplate.Wrong($"undefined variable \"{name}\"");
            return end < 0 ? value : TemplateValue.Walk(value, Text[end..]);
        }
    }
}
