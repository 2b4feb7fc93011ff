"""Checks with Python's email package that each letter is what was meant; prints what differs."""
import csv, email, hashlib, re
from email import policy
from pathlib import Path
H=Path(__file__).parent
facts={}
for l in (H/'FACTS.tsv').read_text(encoding='utf-8').splitlines()[1:]:
    c=l.split('\t'); facts.setdefault(c[0],[]).append(c)
def walk(m,num,out,single):
    if m.get_content_maintype()=='multipart' and m.is_multipart():
        for i,k in enumerate(m.get_payload(),1): walk(k,f'{num}.{i}' if num else str(i),out,False)
        return
    here=(f'{num}.1' if num else '1') if single else num
    if m.get_content_type()=='message/rfc822':
        out.append((here,None,m.get_filename())); walk(m.get_payload()[0],here,out,True)
    else:
        d=m.get_payload(decode=True) if not m.is_multipart() else None
        out.append((here,d,m.get_filename()))
bad=0
for f in sorted(H.glob('*.eml')):
    raw=f.read_bytes()
    if re.search(rb'(?<!\r)\n|\r(?!\n)',raw): print(f.name,'bare CR/LF')
    if b'\0' in raw: print(f.name,'NUL')
    if max(map(len,raw.split(b'\r\n')))>998: print(f.name,'long line')
    for pol in (policy.default,):
        m=email.message_from_bytes(raw,policy=pol); out=[]
        walk(m,'',out,True)
        fs=facts[f.name]
        if [o[0] for o in out]!=[x[1] for x in fs]: print(f.name,'PARTS',[o[0] for o in out],[x[1] for x in fs])
        for o,x in zip(out,fs):
            if o[1] is not None and x[4]!='-' and hashlib.sha256(o[1]).hexdigest()!=x[4]: print(f.name,o[0],'SHA',len(o[1]),x[3],o[1][-10:])
            names=[re.sub(r'\\u(....)',lambda q:chr(int(q[1],16)),n) for n in x[7].split('|')] if x[7]!='-' else []
            if (o[2] or None) not in (names or [None]): print(f.name,o[0],'NAME',ascii(o[2]),ascii(names))
        ds=[(p.get_content_type(),p.defects) for p in m.walk() if p.defects]
        if ds: print(f.name,'defects',ds)
