'use client';
import { webPool } from 'curvesae';
import { useEffect, useState } from 'react';
import { orientation } from './orientation.js';

export default function Page() {
  const [line, setLine] = useState('');
  useEffect(() => {
    orientation(webPool).then(setLine);
  }, []);
  return <p id="result">{line}</p>;
}
