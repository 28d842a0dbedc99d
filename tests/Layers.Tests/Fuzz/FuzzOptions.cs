using System.Globalization;

namespace Skiff.Layers.Tests.Fuzz;

/// <summary>What <c>make fuzz</c> passes on: <c>NAME=value</c>, and an empty value for what is not given.</summary>
internal sealed record FuzzOptions
{
    internal static string Usage => "fuzz [TARGET=name] [SEED=n] [TIME=seconds] [RUNS=n] [CASE=n]; "
        + $"targets are {string.Join(", ", FuzzTargets.Names)}";

    /// <summary>Null: every target, one after the other.</summary>
    internal string? Target { get; private init; }

    /// <summary>Decides about every case. A random one unless given.</summary>
    internal int Seed { get; private init; } = Random.Shared.Next();

    /// <summary>For all targets together.</summary>
    internal int TimeSeconds { get; private init; } = 60;

    /// <summary>How many cases of each target, whatever the time.</summary>
    internal int? Runs { get; private init; }

    /// <summary>The only case to run.</summary>
    internal int? Case { get; private init; }

    /// <summary>Where the input of a case that failed is left.</summary>
    internal string Output { get; private init; } = "out/fuzz";

    /// <summary>Null if something was given that is not known, or is no number.</summary>
    internal static FuzzOptions? TryParse(IEnumerable<string> arguments)
    {
        var options = new FuzzOptions();
        foreach (string argument in arguments)
        {
            string[] pair = argument.Split('=', 2);
            if (pair is [_, ""]) continue;
            if (pair.Length != 2 || options.With(pair[0], pair[1]) is not { } next) return null;
            options = next;
        }
        return options;
    }

    private FuzzOptions? With(string name, string value)
    {
        int? number = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int n) ? n : null;
        return name switch
        {
            "TARGET" when FuzzTargets.Names.Contains(value) => this with { Target = value },
            "OUT" => this with { Output = value },
            "SEED" when number is { } seed => this with { Seed = seed },
            "TIME" when number is { } seconds => this with { TimeSeconds = seconds },
            "RUNS" when number is not null => this with { Runs = number },
            "CASE" when number is not null => this with { Case = number },
            _ => null,
        };
    }
}
