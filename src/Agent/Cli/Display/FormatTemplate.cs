using System.Text;
using System.Text.Json;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli.Display;

/// <summary>
/// The part of Go's templates that <c>--format</c> is used with: fields (<c>.State.Pid</c>), variables, strings and
/// numbers, pipes, the functions of <see cref="TemplateFunctions"/>, and if, with, range, else, end. Data is JSON.
/// </summary>
internal sealed class FormatTemplate
{
    private readonly List<Node> _nodes;

    private FormatTemplate(List<Node> nodes) => _nodes = nodes;

    private enum Kind
    {
        Text,
        Print,
        If,
        With,
        Range,
    }

    /// <summary>Reads a template; <c>\t</c> and <c>\n</c> in it are a tab and a newline.</summary>
    /// <exception cref="UsageException">Not well-formed.</exception>
    public static FormatTemplate Parse(string text)
    {
        var parser = new Parser(text.Replace("\\t", "\t").Replace("\\n", "\n"));
        List<Node> nodes = parser.ReadNodes(out string? end);
        return end is null ? new FormatTemplate(nodes) : throw Wrong($"unexpected {{{{{end}}}}}");
    }

    /// <summary>Fills the template in.</summary>
    /// <param name="data">What the fields are.</param>
    /// <param name="labels">What <c>.Label "name"</c> chooses from; null makes it the name, as in a heading.</param>
    /// <exception cref="UsageException">A field is missing, or a function does not fit its arguments.</exception>
    public string Execute(JsonElement data, IReadOnlyDictionary<string, string>? labels = null)
    {
        var text = new StringBuilder();
        var variables = new Dictionary<string, object?> { ["$"] = data, [TemplateExpression.LabelMethod] = labels };
        Run(_nodes, data, variables, text);
        return text.ToString();
    }

    /// <summary>An error of a template.</summary>
    internal static UsageException Wrong(string problem) => new($"template parsing error: {problem}");

    private static void Run(List<Node> nodes, object? dot, Dictionary<string, object?> variables, StringBuilder text)
    {
        foreach (Node node in nodes)
        {
            if (node.Kind == Kind.Text)
            {
                text.Append(node.Text);
                continue;
            }
            object? value = node.Expression!.Evaluate(dot, variables);
            if (node.Kind == Kind.Range) RunRange(node, value, dot, variables, text);
            else if (node.Variables.Count > 0) variables[node.Variables[0]] = value;
            if (node.Kind == Kind.Print && node.Variables.Count == 0) text.Append(TemplateValue.Print(value));
            if (node.Kind is not (Kind.If or Kind.With)) continue;
            bool holds = TemplateValue.IsTrue(value);
            Run(holds ? node.Body : node.Else, holds && node.Kind == Kind.With ? value : dot, variables, text);
        }
    }

    private static void RunRange(
        Node node, object? value, object? dot, Dictionary<string, object?> variables, StringBuilder text)
    {
        bool any = false;
        foreach ((object? key, object? item) in TemplateValue.Items(value))
        {
            any = true;
            if (node.Variables.Count > 0) variables[node.Variables[^1]] = item;
            if (node.Variables.Count > 1) variables[node.Variables[0]] = key;
            Run(node.Body, item, variables, text);
        }
        if (!any) Run(node.Else, dot, variables, text);
    }

    private sealed record Node(Kind Kind, string Text, TemplateExpression? Expression, List<string> Variables)
    {
        public List<Node> Body { get; init; } = [];

        public List<Node> Else { get; init; } = [];
    }

    private sealed class Parser(string text)
    {
        private int _at;

        /// <summary>
        /// Reads nodes up to an else or end, which comes back in <paramref name="end"/>, or to the end.
        /// </summary>
        internal List<Node> ReadNodes(out string? end)
        {
            var nodes = new List<Node>();
            while (_at < text.Length)
            {
                int open = text.IndexOf("{{", _at, StringComparison.Ordinal);
                string plain = open < 0 ? text[_at..] : text[_at..open];
                if (open >= 0 && text.AsSpan(open + 2).StartsWith("- ")) plain = plain.TrimEnd();
                if (plain.Length > 0) nodes.Add(new Node(Kind.Text, plain, null, []));
                if (open < 0) break;
                string action = ReadAction(open);
                if (action is "else" or "end" || action.StartsWith("else ", StringComparison.Ordinal))
                {
                    end = action;
                    return nodes;
                }
                if (!action.StartsWith("/*", StringComparison.Ordinal)) nodes.Add(ReadNode(action));
            }
            _at = text.Length;
            end = null;
            return nodes;
        }

        private string ReadAction(int open)
        {
            int close = text.IndexOf("}}", open, StringComparison.Ordinal);
            if (close < 0) throw Wrong("unclosed action");
            string action = text[(open + 2)..close];
            _at = close + 2;
            if (action.StartsWith("- ", StringComparison.Ordinal)) action = action[2..];
            if (action.EndsWith(" -", StringComparison.Ordinal))
            {
                action = action[..^2];
                while (_at < text.Length && char.IsWhiteSpace(text[_at])) _at++;
            }
            return action.Trim();
        }

        private Node ReadNode(string action)
        {
            int space = action.IndexOf(' ');
            Kind kind = (space < 0 ? action : action[..space]) switch
            {
                "if" => Kind.If,
                "with" => Kind.With,
                "range" => Kind.Range,
                _ => Kind.Print,
            };
            string rest = kind == Kind.Print ? action : space < 0 ? "" : action[space..].Trim();
            List<string> variables = ReadVariables(ref rest);
            TemplateExpression expression = TemplateExpression.Parse(rest);
            if (kind == Kind.Print) return new Node(kind, "", expression, variables);
            List<Node> body = ReadNodes(out string? end);
            List<Node> otherwise = end == "else" ? ReadNodes(out end) : [];
            // {{else if}} is an {{if}} inside the {{else}} that both end together.
            if (end?.StartsWith("else ", StringComparison.Ordinal) == true)
                (otherwise, end) = ([ReadNode(end["else ".Length..].Trim())], "end");
            if (end != "end") throw Wrong($"{{{{{action}}}}} has no {{{{end}}}}");
            return new Node(kind, "", expression, variables) { Body = body, Else = otherwise };
        }

        /// <summary>Takes <c>$a :=</c> or <c>$key, $value :=</c> off the front.</summary>
        private static List<string> ReadVariables(ref string rest)
        {
            int assign = rest.IndexOf(":=", StringComparison.Ordinal);
            if (!rest.StartsWith('$') || assign < 0) return [];
            var names = new List<string>();
            foreach (string name in rest[..assign].Split(',')) names.Add(name.Trim());
            rest = rest[(assign + 2)..].Trim();
            return names;
        }
    }
}
