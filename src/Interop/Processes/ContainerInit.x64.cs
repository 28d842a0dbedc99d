namespace Skiff.Interop.Processes;

public static partial class ContainerInit
{
    /// <summary>The init for x64; assembled from init.x64.S beside the tests, which compare.</summary>
    internal static ReadOnlySpan<byte> X64 =>
    [
        // init:
        0x4C, 0x8B, 0x34, 0x24,                                 // mov r14,qword [rsp]
        0x4C, 0x8D, 0x6C, 0x24, 0x18,                           // lea r13,[rsp+0x18]
        0x4E, 0x8D, 0x7C, 0xF4, 0x10,                           // lea r15,[rsp+r14*8+0x10]
        0x48, 0x81, 0xEC, 0x00, 0x01, 0x00, 0x00,               // sub rsp,0x100
        0x48, 0xC7, 0x04, 0x24, 0xFF, 0xFF, 0xFF, 0xFF,         // mov qword [rsp],0xffffffffffffffff
        0x31, 0xFF,                                             // xor edi,edi
        0x48, 0x89, 0xE6,                                       // mov rsi,rsp
        0x31, 0xD2,                                             // xor edx,edx
        0x41, 0xBA, 0x08, 0x00, 0x00, 0x00,                     // mov r10d,0x8
        0xB8, 0x0E, 0x00, 0x00, 0x00,                           // mov eax,0xe
        0x0F, 0x05,                                             // syscall
        0xBF, 0x11, 0x00, 0x00, 0x00,                           // mov edi,0x11
        0x31, 0xF6,                                             // xor esi,esi
        0x31, 0xD2,                                             // xor edx,edx
        0x45, 0x31, 0xD2,                                       // xor r10d,r10d
        0x45, 0x31, 0xC0,                                       // xor r8d,r8d
        0xB8, 0x38, 0x00, 0x00, 0x00,                           // mov eax,0x38
        0x0F, 0x05,                                             // syscall
        0x48, 0x89, 0xC3,                                       // mov rbx,rax
        0x48, 0x85, 0xC0,                                       // test rax,rax
        0x74, 0x74,                                             // je child
        0xBF, 0x7D, 0x00, 0x00, 0x00,                           // mov edi,0x7d
        0x78, 0x64,                                             // js exit
        // wait:
        0x48, 0x89, 0xE7,                                       // mov rdi,rsp
        0x48, 0x8D, 0x74, 0x24, 0x10,                           // lea rsi,[rsp+0x10]
        0x31, 0xD2,                                             // xor edx,edx
        0x41, 0xBA, 0x08, 0x00, 0x00, 0x00,                     // mov r10d,0x8
        0xB8, 0x80, 0x00, 0x00, 0x00,                           // mov eax,0x80
        0x0F, 0x05,                                             // syscall
        0x85, 0xC0,                                             // test eax,eax
        0x78, 0xE5,                                             // js wait
        0x83, 0xF8, 0x11,                                       // cmp eax,0x11
        0x74, 0x0D,                                             // je reap
        0x89, 0xDF,                                             // mov edi,ebx
        0x89, 0xC6,                                             // mov esi,eax
        0xB8, 0x3E, 0x00, 0x00, 0x00,                           // mov eax,0x3e
        0x0F, 0x05,                                             // syscall
        0xEB, 0xD3,                                             // jmp wait
        // reap:
        0x48, 0xC7, 0xC7, 0xFF, 0xFF, 0xFF, 0xFF,               // mov rdi,0xffffffffffffffff
        0x48, 0x8D, 0x74, 0x24, 0x08,                           // lea rsi,[rsp+0x8]
        0xBA, 0x01, 0x00, 0x00, 0x00,                           // mov edx,0x1
        0x45, 0x31, 0xD2,                                       // xor r10d,r10d
        0xB8, 0x3D, 0x00, 0x00, 0x00,                           // mov eax,0x3d
        0x0F, 0x05,                                             // syscall
        0x85, 0xC0,                                             // test eax,eax
        0x7E, 0xB4,                                             // jle wait
        0x39, 0xD8,                                             // cmp eax,ebx
        0x75, 0xDD,                                             // jne reap
        0x0F, 0xB6, 0x7C, 0x24, 0x09,                           // movzx edi,byte [rsp+0x9]
        0x8B, 0x44, 0x24, 0x08,                                 // mov eax,dword [rsp+0x8]
        0x83, 0xE0, 0x7F,                                       // and eax,0x7f
        0x74, 0x06,                                             // je exit
        0x8D, 0xB8, 0x80, 0x00, 0x00, 0x00,                     // lea edi,[rax+0x80]
        // exit:
        0xB8, 0xE7, 0x00, 0x00, 0x00,                           // mov eax,0xe7
        0x0F, 0x05,                                             // syscall
        0x0F, 0x0B,                                             // ud2
        // child:
        0x31, 0xFF,                                             // xor edi,edi
        0x31, 0xF6,                                             // xor esi,esi
        0xB8, 0x6D, 0x00, 0x00, 0x00,                           // mov eax,0x6d
        0x0F, 0x05,                                             // syscall
        0xB8, 0x6F, 0x00, 0x00, 0x00,                           // mov eax,0x6f
        0x0F, 0x05,                                             // syscall
        0x89, 0x44, 0x24, 0x08,                                 // mov dword [rsp+0x8],eax
        0x31, 0xFF,                                             // xor edi,edi
        0xBE, 0x10, 0x54, 0x00, 0x00,                           // mov esi,0x5410
        0x48, 0x8D, 0x54, 0x24, 0x08,                           // lea rdx,[rsp+0x8]
        0xB8, 0x10, 0x00, 0x00, 0x00,                           // mov eax,0x10
        0x0F, 0x05,                                             // syscall
        0x48, 0xC7, 0x04, 0x24, 0x00, 0x00, 0x00, 0x00,         // mov qword [rsp],0x0
        0xBF, 0x02, 0x00, 0x00, 0x00,                           // mov edi,0x2
        0x48, 0x89, 0xE6,                                       // mov rsi,rsp
        0x31, 0xD2,                                             // xor edx,edx
        0x41, 0xBA, 0x08, 0x00, 0x00, 0x00,                     // mov r10d,0x8
        0xB8, 0x0E, 0x00, 0x00, 0x00,                           // mov eax,0xe
        0x0F, 0x05,                                             // syscall
        0x4C, 0x8D, 0x25, 0x56, 0x00, 0x00, 0x00,               // lea r12,[rip+0x56]
        0x4D, 0x8D, 0x74, 0x24, 0x10,                           // lea r14,[r12+0x10]
        0xBB, 0x7F, 0x00, 0x00, 0x00,                           // mov ebx,0x7f
        // next:
        0x49, 0x8B, 0x3E,                                       // mov rdi,qword [r14]
        0x48, 0x85, 0xFF,                                       // test rdi,rdi
        0x74, 0x25,                                             // je none
        0x4C, 0x89, 0xEE,                                       // mov rsi,r13
        0x4C, 0x89, 0xFA,                                       // mov rdx,r15
        0xB8, 0x3B, 0x00, 0x00, 0x00,                           // mov eax,0x3b
        0x0F, 0x05,                                             // syscall
        0x49, 0x83, 0xC6, 0x08,                                 // add r14,0x8
        0x83, 0xF8, 0xFE,                                       // cmp eax,0xfffffffe
        0x74, 0xE2,                                             // je next
        0x83, 0xF8, 0xEC,                                       // cmp eax,0xffffffec
        0x74, 0xDD,                                             // je next
        0xBB, 0x7E, 0x00, 0x00, 0x00,                           // mov ebx,0x7e
        0x83, 0xF8, 0xF3,                                       // cmp eax,0xfffffff3
        0x74, 0xD3,                                             // je next
        // none:
        0xBF, 0x02, 0x00, 0x00, 0x00,                           // mov edi,0x2
        0x49, 0x8B, 0x34, 0x24,                                 // mov rsi,qword [r12]
        0x49, 0x8B, 0x54, 0x24, 0x08,                           // mov rdx,qword [r12+0x8]
        0xB8, 0x01, 0x00, 0x00, 0x00,                           // mov eax,0x1
        0x0F, 0x05,                                             // syscall
        0x89, 0xDF,                                             // mov edi,ebx
        0xE9, 0x55, 0xFF, 0xFF, 0xFF,                           // jmp exit
        0x0F, 0x1F, 0x00,                                       // nop dword [rax]
    ];
}
