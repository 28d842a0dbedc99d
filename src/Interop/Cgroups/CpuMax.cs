namespace Skiff.Interop.Cgroups;

/// <summary>
/// CPU bandwidth: <paramref name="QuotaUs"/> microseconds of CPU time in every <paramref name="PeriodUs"/>.
/// </summary>
/// <param name="QuotaUs">At least 1000; -1 is no limit.</param>
/// <param name="PeriodUs">1000 to 1000000; the kernel's default is 100000.</param>
public readonly record struct CpuMax(long QuotaUs, long PeriodUs = CpuMax.DefaultPeriodUs)
{
    /// <summary>100 ms, the kernel's and Docker's default period.</summary>
    public const long DefaultPeriodUs = 100_000;

    /// <summary>As <c>cpu.max</c> takes it: <c>50000 100000</c>, or <c>max 100000</c> without a limit.</summary>
    public override string ToString() =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture,
            $"{(QuotaUs < 0 ? "max" : QuotaUs)} {PeriodUs}");
}
