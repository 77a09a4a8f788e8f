// SPDX-License-Identifier: Apache-2.0

/** The product's sign: a sorting shelf with a letter in two of its places. */
export function Mark({ size }: { readonly size: number }) {
  return (
    <svg
      xmlns="http://www.w3.org/2000/svg"
      viewBox="0 0 32 32"
      width={size}
      height={size}
      aria-hidden
    >
      <rect width="32" height="32" rx="7" fill="#1c2b4a" />
      <g fill="none" stroke="#fff" strokeWidth="2" strokeLinejoin="round">
        <rect x="6" y="6" width="20" height="20" rx="2.5" />
        <path d="M16 6v20M6 16h20" />
      </g>
      <rect x="18.6" y="19" width="5.2" height="4.4" rx="0.8" fill="#ffb547" />
      <path
        d="M8.8 9.6h4.6M8.8 12.4h3"
        stroke="#ffb547"
        strokeWidth="1.6"
        strokeLinecap="round"
      />
    </svg>
  );
}
