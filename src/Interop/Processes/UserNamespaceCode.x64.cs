namespace Skiff.Interop.Processes;

internal static partial class UserNamespaceCode
{
    /// <summary>What keeps one for x64; assembled from hold.x64.S beside the tests, which compare.</summary>
    internal static ReadOnlySpan<byte> HoldX64 =>
    [
        // hold:
        0x31, 0xFF,                                             // xor edi,edi
        0x48, 0x8D, 0x74, 0x24, 0xF0,                           // lea rsi,[rsp-0x10]
        0xBA, 0x01, 0x00, 0x00, 0x00,                           // mov edx,0x1
        0x31, 0xC0,                                             // xor eax,eax
        0x0F, 0x05,                                             // syscall
        0x48, 0x83, 0xF8, 0x01,                                 // cmp rax,0x1
        0x75, 0x09,                                             // jne exit
        // wait:
        0xB8, 0x22, 0x00, 0x00, 0x00,                           // mov eax,0x22
        0x0F, 0x05,                                             // syscall
        0xEB, 0xF7,                                             // jmp wait
        // exit:
        0xBF, 0x01, 0x00, 0x00, 0x00,                           // mov edi,0x1
        0xB8, 0xE7, 0x00, 0x00, 0x00,                           // mov eax,0xe7
        0x0F, 0x05,                                             // syscall
        0x0F, 0x0B,                                             // ud2
        0x0F, 0x1F, 0x00,                                       // nop dword [rax]
    ];

    /// <summary>The way in for x64; assembled from enter.x64.S beside the tests, which compare.</summary>
    internal static ReadOnlySpan<byte> EnterX64 =>
    [
        // enter:
        0x4C, 0x8D, 0x25, 0x71, 0x00, 0x00, 0x00,               // lea r12,[rip+0x71]
        0x41, 0x8B, 0x3C, 0x24,                                 // mov edi,dword [r12]
        0xBE, 0x00, 0x00, 0x00, 0x10,                           // mov esi,0x10000000
        0xB8, 0x34, 0x01, 0x00, 0x00,                           // mov eax,0x134
        0x0F, 0x05,                                             // syscall
        0x48, 0x85, 0xC0,                                       // test rax,rax
        0x78, 0x36,                                             // js fail
        0x41, 0x8B, 0x3C, 0x24,                                 // mov edi,dword [r12]
        0xB8, 0x03, 0x00, 0x00, 0x00,                           // mov eax,0x3
        0x0F, 0x05,                                             // syscall
        0xBF, 0x00, 0x00, 0x02, 0x00,                           // mov edi,0x20000
        0xB8, 0x10, 0x01, 0x00, 0x00,                           // mov eax,0x110
        0x0F, 0x05,                                             // syscall
        0x48, 0x85, 0xC0,                                       // test rax,rax
        0x78, 0x1A,                                             // js fail
        0x49, 0x8B, 0x7C, 0x24, 0x08,                           // mov rdi,qword [r12+0x8]
        0x48, 0x8B, 0x04, 0x24,                                 // mov rax,qword [rsp]
        0x48, 0x8D, 0x74, 0x24, 0x08,                           // lea rsi,[rsp+0x8]
        0x48, 0x8D, 0x54, 0xC4, 0x10,                           // lea rdx,[rsp+rax*8+0x10]
        0xB8, 0x3B, 0x00, 0x00, 0x00,                           // mov eax,0x3b
        0x0F, 0x05,                                             // syscall
        // fail:
        0xBF, 0x02, 0x00, 0x00, 0x00,                           // mov edi,0x2
        0x49, 0x8B, 0x74, 0x24, 0x10,                           // mov rsi,qword [r12+0x10]
        0x49, 0x8B, 0x54, 0x24, 0x18,                           // mov rdx,qword [r12+0x18]
        0xB8, 0x01, 0x00, 0x00, 0x00,                           // mov eax,0x1
        0x0F, 0x05,                                             // syscall
        0xBF, 0x7D, 0x00, 0x00, 0x00,                           // mov edi,0x7d
        0xB8, 0xE7, 0x00, 0x00, 0x00,                           // mov eax,0xe7
        0x0F, 0x05,                                             // syscall
        0x0F, 0x0B,                                             // ud2
        0x66, 0x90,                                             // xchg ax,ax
    ];
}
