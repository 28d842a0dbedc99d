using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>completion</c>: what a shell reads to complete command lines of skiff.</summary>
internal sealed class CompletionVerb : Verb
{
    // Bash breaks words at colons, too, and replaces only what is behind the last one.
    private const string Bash = """
        _skiff() {
            local line=${COMP_LINE:0:COMP_POINT} words last candidate
            read -ra words <<< "$line"
            [[ $line != *[[:space:]] ]] || words+=('')
            last=${words[-1]}
            COMPREPLY=()
            while IFS= read -r candidate; do
                COMPREPLY+=("${candidate#"${last%"${last##*[:=]}"}"}")
            done < <("${words[0]}" __complete -- "${words[@]:1}" 2> /dev/null)
        }
        complete -o default -F _skiff skiff

        """;

    private const string Fish = """
        complete -c skiff -a '(skiff __complete -- (commandline -opc)[2..] (commandline -ct) 2> /dev/null)'

        """;

    private const string Zsh = """
        #compdef skiff
        _skiff() {
            local -a found
            found=("${(@f)$("${words[1]}" __complete -- "${(@)words[2,CURRENT]}" 2> /dev/null)}")
            if [[ -n $found[1] ]]; then compadd -- "${found[@]}"; else _files; fi
        }
        compdef _skiff skiff

        """;

    /// <inheritdoc/>
    public override string Name => "completion";

    /// <inheritdoc/>
    public override string Usage => "bash|fish|zsh";

    /// <inheritdoc/>
    public override string Summary => "Print what completes command lines in a shell: source <(skiff completion bash)";

    /// <inheritdoc/>
    public override int MinimumArguments => 1;

    /// <inheritdoc/>
    public override int MaximumArguments => 1;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments)
    {
        Output.Text(arguments.Positional[0] switch
        {
            "bash" => Bash,
            "fish" => Fish,
            "zsh" => Zsh,
            string shell => throw new UsageException($"completion: unknown shell \"{shell}\": use bash, fish or zsh"),
        });
        return 0;
    }
}
